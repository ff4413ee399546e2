// What a reader did, as records that are only ever added: one a review, one an interview. The
// schedule is computed from them, so two tabs add to each other's work, and reading a file of records
// twice changes nothing. Kept in IndexedDB through idb (vendor/manifest.json); what the browser does
// not keep stays in memory until the page closes, is tried again, and the reader is told.

"use strict";

{
  const FORMAT = "conceptbook-practice";
  const VERSION = 1;
  const KINDS = ["reviews", "interviews"];
  const LATEST = 8.64e15; // milliseconds, of any date; a clock may have been wrong

  // --- Files --------------------------------------------------------------------------------------

  class FileError extends Error {}

  const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
  const isText = (value) => typeof value === "string" && value.length > 0 && value.length < 300;
  const isTime = (value) => Number.isInteger(value) && value > 0 && value <= LATEST;

  const areLevels = (value) => isObject(value) && Object.values(value).every((n) => [0, 1, 2].includes(n));
  const orNone = (fits) => (value) => value === undefined || fits(value); // older records have none

  // What a record must be: for each field, a test and how the field is called in a message.
  const FIELDS = {
    reviews: {
      id: isText,
      card: (value) => isText(value) && /^[^#]+#[^#]+$/.test(value),
      at: isTime,
      rating: (value) => [1, 2, 3, 4].includes(value),
      answer: (value) => typeof value === "string" && value.length < 100,
    },
    interviews: {
      id: isText,
      design: isText,
      at: isTime,
      seconds: (value) => Number.isFinite(value) && value >= 0,
      levels: areLevels, // by dimension of the rubric
      scores: orNone(areLevels), // by minutes of the clock
      notes: orNone((value) => typeof value === "string"),
    },
  };

  // Checks a whole file before anything of it is kept. Throws FileError with what is wrong.
  function parseFile(text, book) {
    let file;
    try {
      file = JSON.parse(text);
    } catch {
      throw new FileError("This is no JSON file, or a part of one is missing.");
    }
    if (!isObject(file) || file.format !== FORMAT) {
      throw new FileError("This file was not exported from a practice page.");
    }
    if (file.version !== VERSION) {
      throw new FileError(`This file has version ${file.version}; this page reads version ${VERSION}.`);
    }
    if (file.book !== book) {
      throw new FileError(`This file is of the book '${String(file.book).slice(0, 40)}', not of this one.`);
    }
    for (const kind of KINDS) {
      if (!Array.isArray(file[kind])) throw new FileError(`The file lacks its list of ${kind}.`);
      file[kind].forEach((record, index) => {
        for (const [field, fits] of Object.entries(FIELDS[kind])) {
          if (isObject(record) && fits(record[field])) continue;
          const found = JSON.stringify(record?.[field])?.slice(0, 40) ?? "nothing";
          throw new FileError(`Entry ${index + 1} of ${kind}: '${field}' cannot be ${found}.`);
        }
      });
    }
    const marks = file.marks;
    if (!isObject(marks)) throw new FileError("The file lacks its marks.");
    for (const [slug, entry] of Object.entries(marks)) {
      if (!window.conceptMarks.MARKS.includes(entry?.mark) || !isTime(entry.at)) {
        throw new FileError(`The mark of '${slug.slice(0, 40)}' cannot be read.`);
      }
    }
    return file;
  }

  // --- The store ------------------------------------------------------------------------------------

  const newId = (at) => `${at}-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;

  const PRIVATE =
    "This browser keeps no data for this page (a private window, or a setting). You can practice; export to a file before you close it.";
  const NEWER = "Another tab has this book in a newer version: reload this page.";
  const UNSAVED = ". It is tried again with what you do next; export to a file before you close this page.";
  const BLOCKED = "Close the other tabs of this book, so that its data can be brought to this version.";

  // Opens the store of the book known as `book`. `onTrouble` is told, in a sentence, what the browser
  // refuses, and "" once all is kept; `onChange` is called when another tab adds or deletes.
  async function open(book, { onChange, onTrouble }) {
    const name = `conceptbook:${book}`;
    const channel = typeof BroadcastChannel === "function" ? new BroadcastChannel(name) : null;
    const collections = () => Object.fromEntries(KINDS.map((kind) => [kind, new Map()]));
    const unsaved = collections(); // added here, and not in the database (yet)
    const removed = new Map(); // ids that are in the database (still), and their kind
    let records = collections();
    let connection = null; // a promise of the database
    let isRead = false; // what the database holds is among the records
    let isOutdated = false; // another tab has brought the database to a newer version

    // --- The database ---

    async function connectAnew() {
      if (isOutdated) throw new Error(NEWER);
      return idb.openDB(name, VERSION, {
        upgrade: (db) => KINDS.forEach((kind) => db.createObjectStore(kind, { keyPath: "id" })),
        blocked: () => onTrouble(BLOCKED),
        blocking: () => {
          isOutdated = true;
          disconnect();
          onTrouble(NEWER);
        },
        terminated: disconnect,
      });
    }

    const connect = () => (connection ??= connectAnew());

    function disconnect() {
      connection?.then((database) => database.close(), () => {});
      connection = null;
    }

    // Does `work` with the database. A connection can die while the page is in the background, as
    // Safari's do, and then says so by one of several errors: what fails is tried again on a new one.
    async function using(work, tries = 2) {
      const used = connect();
      try {
        return await work(await used);
      } catch (error) {
        if (connection === used) disconnect();
        if (tries === 1 || isOutdated) throw error;
        return using(work, tries - 1);
      }
    }

    // One moment of all records, or all changes or none.
    function begin(database, mode) {
      const transaction = database.transaction(KINDS, mode);
      transaction.done.catch(() => {}); // whoever waits for it has the same failure
      return transaction;
    }

    function sayWhy(error) {
      if (isOutdated || error?.name === "VersionError") onTrouble(NEWER);
      else if (error?.name === "QuotaExceededError") onTrouble(`This browser has no room left${UNSAVED}`);
      else onTrouble(isRead ? `This browser refused to save${UNSAVED}` : PRIVATE);
    }

    // Reads all records; says whether that went well.
    async function read() {
      let lists;
      try {
        lists = await using((database) => {
          const transaction = begin(database, "readonly");
          return Promise.all(KINDS.map((kind) => transaction.objectStore(kind).getAll()));
        });
      } catch (error) {
        sayWhy(error);
        return false;
      }
      const kept = collections();
      KINDS.forEach((kind, number) => {
        for (const record of lists[number]) if (!removed.has(record.id)) kept[kind].set(record.id, record);
        for (const record of unsaved[kind].values()) kept[kind].set(record.id, record);
      });
      records = kept;
      isRead = true;
      return true;
    }

    async function refresh() {
      if (await read()) onChange();
    }

    await read();
    if (channel) channel.onmessage = refresh;
    addEventListener("pageshow", ({ persisted }) => persisted && refresh());

    // Makes the changes that `change` returns as promises; says whether they are kept.
    async function commit(change) {
      try {
        await using(async (database) => {
          const transaction = begin(database, "readwrite");
          await Promise.all(change(transaction));
          await transaction.done;
        });
      } catch (error) {
        sayWhy(error);
        return false;
      }
      onTrouble("");
      channel?.postMessage("changed");
      if (!isRead) await refresh(); // the browser had refused until now
      return true;
    }

    // Brings the database to what is here: what could not be saved before is tried again each time.
    async function save() {
      let added;
      let gone;
      const isKept = await commit((transaction) => {
        added = KINDS.flatMap((kind) => [...unsaved[kind].values()].map((record) => [kind, record]));
        gone = [...removed];
        return [
          ...added.map(([kind, record]) => transaction.objectStore(kind).put(record)),
          ...gone.map(([id, kind]) => transaction.objectStore(kind).delete(id)),
        ];
      });
      if (!isKept) return;
      for (const [kind, { id }] of added) unsaved[kind].delete(id);
      for (const [id] of gone) removed.delete(id);
    }

    // --- The records ---

    // Keeps new records of each kind: {kind: [record]}.
    async function keep(added) {
      for (const kind of KINDS) {
        for (const record of added[kind] ?? []) {
          records[kind].set(record.id, record);
          unsaved[kind].set(record.id, record);
          removed.delete(record.id);
        }
      }
      await save();
    }

    async function add(kind, fields) {
      const record = { id: newId(fields.at), ...fields };
      await keep({ [kind]: [record] });
      return record;
    }

    async function remove(kind, id) {
      records[kind].delete(id);
      unsaved[kind].delete(id);
      removed.set(id, kind);
      await save();
    }

    const sorted = (kind) => [...records[kind].values()].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));

    function exportFile() {
      const lists = Object.fromEntries(KINDS.map((kind) => [kind, sorted(kind)]));
      const file = { format: FORMAT, version: VERSION, book, ...lists, marks: window.conceptMarks.all() };
      return `${JSON.stringify(file, null, 1)}\n`;
    }

    // Adds what a file holds and is not here; returns how many of each are new. Throws FileError.
    async function importFile(text) {
      const file = parseFile(text, book);
      const added = {};
      for (const kind of KINDS) {
        const byId = new Map(file[kind].map((record) => [record.id, record]));
        added[kind] = [...byId.values()].filter(({ id }) => !records[kind].has(id));
      }
      const marks = window.conceptMarks.merge(file.marks);
      await keep(added);
      return { reviews: added.reviews.length, interviews: added.interviews.length, marks };
    }

    // Deletes everything; says whether that is so.
    async function clear() {
      const isEmpty = await commit((transaction) => KINDS.map((kind) => transaction.objectStore(kind).clear()));
      if (!isEmpty && isRead) return false;
      for (const kind of KINDS) {
        records[kind].clear();
        unsaved[kind].clear();
      }
      removed.clear();
      window.conceptMarks.clear();
      return true;
    }

    return {
      add,
      clear,
      exportFile,
      importFile,
      interviews: () => sorted("interviews"),
      remove,
      reviews: () => sorted("reviews"),
    };
  }

  // --- The index of questions, and the answers of a page --------------------------------------------

  const received = new Map();
  const waiting = new Map();

  // A script, because a browser reads no data from a folder of files; it calls conceptPractice.
  function load(root, file, key) {
    if (!waiting.has(key)) {
      waiting.set(
        key,
        new Promise((resolve, reject) => {
          const script = document.createElement("script");
          script.src = `${root}_practice/${file}.js`;
          const settle = () => {
            script.remove();
            if (received.has(key)) return resolve(received.get(key));
            waiting.delete(key); // so that it can be tried again
            reject(new Error(`${file}.js cannot be loaded`));
          };
          script.addEventListener("load", settle); // with a page to log in to, where a network asks for that
          script.addEventListener("error", settle);
          document.head.append(script);
        }),
      );
    }
    return waiting.get(key);
  }

  window.conceptPractice = {
    FileError,
    index: (value) => received.set("index", value),
    loadIndex: (root) => load(root, "index", "index"),
    loadPage: (root, slug) => load(root, encodeURIComponent(slug), `page ${slug}`),
    open,
    page: (value) => received.set(`page ${value.slug}`, value),
  };
}

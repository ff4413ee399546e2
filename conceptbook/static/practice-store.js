// What a reader did, as records that are only ever added: one a review, one an interview. The
// schedule is computed from them, so two tabs add to each other's work, and reading a file of records
// twice changes nothing. Kept in IndexedDB through idb (vendor/manifest.json); what the browser does
// not keep stays in memory until the page closes, and the reader is told.

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
      levels: (value) => isObject(value) && Object.values(value).every((n) => [0, 1, 2].includes(n)),
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
  const BLOCKED = "Close the other tabs of this book, so that its data can be brought to this version.";

  // Opens the store of the book known as `book`. `onTrouble` is told, in a sentence, what the browser
  // refuses; `onChange` is called when another tab adds or deletes.
  async function open(book, { onChange, onTrouble }) {
    const name = `conceptbook:${book}`;
    const channel = typeof BroadcastChannel === "function" ? new BroadcastChannel(name) : null;
    const collections = () => Object.fromEntries(KINDS.map((kind) => [kind, new Map()]));
    const unsaved = collections(); // added here, and not in the database (yet)
    const removing = new Set(); // ids
    let records = collections();
    let database = null;

    async function load() {
      const transaction = database.transaction(KINDS); // one moment of all of them
      const lists = await Promise.all(KINDS.map((kind) => transaction.objectStore(kind).getAll()));
      const kept = collections();
      KINDS.forEach((kind, number) => {
        for (const record of lists[number]) if (!removing.has(record.id)) kept[kind].set(record.id, record);
        for (const record of unsaved[kind].values()) kept[kind].set(record.id, record);
      });
      records = kept;
    }

    try {
      database = await idb.openDB(name, VERSION, {
        upgrade: (db) => KINDS.forEach((kind) => db.createObjectStore(kind, { keyPath: "id" })),
        blocked: () => onTrouble(BLOCKED),
        blocking: () => {
          database?.close();
          database = null;
          onTrouble(NEWER);
        },
      });
      await load();
    } catch (error) {
      database = null;
      onTrouble(error?.name === "VersionError" ? NEWER : PRIVATE);
    }

    async function refresh() {
      if (!database) return;
      await load();
      onChange();
    }

    if (channel) channel.onmessage = refresh;
    addEventListener("pageshow", ({ persisted }) => persisted && refresh());

    // Writes in one transaction: all of it is kept, or nothing. Says whether it was kept.
    async function commit(change) {
      if (!database) return false;
      try {
        const transaction = database.transaction(KINDS, "readwrite");
        const done = transaction.done;
        done.catch(() => {}); // the same failure comes from the await below
        await change(transaction);
        await done;
        channel?.postMessage("changed");
        return true;
      } catch (error) {
        const why = error?.name === "QuotaExceededError" ? "has no room left" : "refused to save";
        onTrouble(`This browser ${why}: what you do now is lost when this page closes. Export it to a file.`);
        return false;
      }
    }

    // Keeps new records of each kind: {kind: [record]}.
    async function keep(added) {
      for (const kind of KINDS) {
        for (const record of added[kind] ?? []) {
          records[kind].set(record.id, record);
          unsaved[kind].set(record.id, record);
        }
      }
      const kept = await commit((transaction) =>
        Promise.all(
          KINDS.flatMap((kind) => (added[kind] ?? []).map((record) => transaction.objectStore(kind).add(record))),
        ),
      );
      if (kept) for (const kind of KINDS) for (const { id } of added[kind] ?? []) unsaved[kind].delete(id);
    }

    async function add(kind, fields) {
      const record = { id: newId(fields.at), ...fields };
      await keep({ [kind]: [record] });
      return record;
    }

    async function remove(kind, id) {
      records[kind].delete(id);
      unsaved[kind].delete(id);
      removing.add(id);
      await commit((transaction) => transaction.objectStore(kind).delete(id));
      removing.delete(id);
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
      const empty = (transaction) => Promise.all(KINDS.map((kind) => transaction.objectStore(kind).clear()));
      if (database && !(await commit(empty))) return false;
      for (const kind of KINDS) {
        records[kind].clear();
        unsaved[kind].clear();
      }
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
          script.addEventListener("load", () => resolve(received.get(key)));
          script.addEventListener("error", () => {
            waiting.delete(key);
            script.remove();
            reject(new Error(`${file}.js cannot be loaded`));
          });
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

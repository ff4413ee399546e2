// The practice page: choose questions, answer them one by one, sum up. The page holds the elements;
// this shows one view at a time. What is answered goes to the store at once, and the session itself
// to the tab's own state, so that a reload in its midst goes on where it was.

"use strict";

{
  const { choiceIn, clock, download, element, html, many, parts, tabState } = window.conceptPage;
  const { FileError, loadIndex, loadPage, open } = window.conceptPractice;
  const { A_DAY, SOON, choices, createSchedules, dueFrom, isDue, plan, recognize, weakPages, words } = window.conceptSchedule;
  const { matchesAll, readChosen, remember, showCounts, toSearch, writeChosen } = window.conceptFilters;
  const marks = window.conceptMarks;

  const GROUPS = ["domain", "level", "mark", "tag"];
  const GRADES = { 1: "Again", 2: "Hard", 3: "Good", 4: "Easy" };

  // All questions of the book: its index as records that the filters can match.
  function readQuestions(index) {
    return index.pages.flatMap((page) =>
      page.questions.map(([id, level, answer, text]) => ({
        key: `${page.slug}#${id}`,
        id,
        level,
        answer,
        text, // HTML
        page,
        values: { domain: new Set([page.domain]), level: new Set([level]), tag: new Set(page.tags), mark: new Set() },
      })),
    );
  }

  function shuffled(list) {
    const items = [...list];
    for (let i = items.length - 1; i > 0; i -= 1) {
      const j = Math.floor(Math.random() * (i + 1));
      [items[i], items[j]] = [items[j], items[i]];
    }
    return items;
  }

  async function start(root) {
    const { $, insist, isShown, show, tell } = parts(root);
    const folder = root.dataset.root;
    const form = root.querySelector("form");
    const { book } = document.body.dataset;
    const state = tabState("session");

    let known = new Map(); // schedules by key, of questions that the book has
    let retired = []; // schedules, with the page of the book that each was on, if that is there
    let ahead = 0; // how many reviews are dated later than now
    // The session, if there is one. queue: keys; done: {key, rating, review}; own: words for the question;
    // seconds it took so far; over: only the summary is left; address: what was chosen.
    let session = null;
    let showAll = () => {}; // what is on the page of it
    const onChange = () => showAll();
    const store = await open(book, { onChange, onTrouble: (sentence) => tell(sentence) });
    startData({ $, book, onChange, onClear: leave, store });

    // Ends the session for good and leads back to the choice.
    function leave() {
      session = null;
      state.write(null);
      if (isShown("summary")) show("choose");
      showAll();
    }

    const index = await insist(() => loadIndex(folder), "The questions cannot be loaded.");
    const questions = readQuestions(index);
    const byKey = new Map(questions.map((question) => [question.key, question]));
    const pages = new Map(index.pages.map((page) => [page.slug, page]));
    const schedules = createSchedules();

    function learn() {
      const now = Date.now();
      const reviews = recognize(store.reviews(), questions, index.moved);
      const all = [...schedules(reviews, now)];
      known = new Map(all.filter(([key]) => byKey.has(key)));
      retired = all
        .filter(([key]) => !byKey.has(key))
        .map(([key, schedule]) => ({ ...schedule, page: pages.get(key.split("#")[0]) }));
      ahead = reviews.filter(({ at }) => at > now).length;
    }

    const linkTo = ({ page, id, text }) => html("a", text, { href: `${folder}${page.name}.html#${id}` });

    // --- Choose -----------------------------------------------------------------------------------

    const length = () => form.elements.size.value;

    function onlyPage() {
      const slug = new URLSearchParams(location.search).get("page");
      return index.pages.find((page) => page.slug === (index.moved[slug] ?? slug));
    }

    function search(chosen) {
      const parameters = new URLSearchParams(toSearch(chosen));
      if (onlyPage()) parameters.set("page", onlyPage().slug);
      if (![...form.elements.size].find((radio) => radio.checked).defaultChecked) parameters.set("size", length());
      return parameters.size ? `?${parameters}` : "";
    }

    function readAddress() {
      const parameters = new URLSearchParams(location.search);
      writeChosen(form, parameters);
      const wanted = [...form.elements.size].find(({ value }) => value === parameters.get("size"));
      const usual = [...form.elements.size].find(({ defaultChecked }) => defaultChecked);
      (wanted ?? usual).checked = true;
    }

    function chosenQuestions(chosen) {
      const page = onlyPage();
      return questions.filter((q) => (page ? q.page === page : true) && matchesAll(q, GROUPS, chosen));
    }

    function describe(matching, { due, fresh }) {
      const total = due.length + fresh.length;
      const kinds = [due.length && `${due.length} due`, fresh.length && `${fresh.length} new`].filter(Boolean);
      if (total) return `${many(total, "question")}: ${kinds.join(", ")}`;
      if (!matching.length) return "No question has all of this.";
      const next = Math.min(...matching.map(({ key }) => (known.has(key) ? dueFrom(known.get(key)) : Infinity)));
      if (next < Infinity) return `Nothing is due; the next comes back in ${words(next - Date.now())}.`;
      return "Nothing is due yet; choose a length to meet new questions.";
    }

    function showChoice() {
      const page = onlyPage();
      for (const question of questions) question.values.mark = new Set([marks.get(question.page.slug)]);
      $("only").hidden = !page;
      if (page) Object.assign($("only-link"), { textContent: page.title, href: `${folder}${page.name}.html` });
      const chosen = readChosen(form, GROUPS);
      showCounts(form, GROUPS, page ? questions.filter((q) => q.page === page) : questions, chosen);
      const folded = form.querySelectorAll("details input:checked").length;
      $("chosen").textContent = folded ? `(${folded} chosen)` : "";
      const matching = chosenQuestions(chosen);
      const planned = plan(matching, known, Date.now(), length());
      $("start").disabled = planned.due.length + planned.fresh.length === 0;
      $("plan").textContent = describe(matching, planned);
      $("resume").hidden = !session || session.over;
      if (session) $("resume").textContent = `Go on with your session (${session.queue.length} left)`;
      return chosen;
    }

    const focusChoice = () => ($("start").disabled ? form.querySelector("input") : $("start")).focus();

    form.addEventListener("input", () => remember(search(showChoice()), true));
    $("only-clear").addEventListener("click", () => {
      const parameters = new URLSearchParams(location.search);
      parameters.delete("page");
      history.pushState(null, "", location.pathname + (parameters.size ? `?${parameters}` : ""));
      showChoice();
      focusChoice();
    });
    addEventListener("popstate", () => {
      readAddress();
      showChoice();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const { due, fresh } = plan(shuffled(chosenQuestions(readChosen(form, GROUPS))), known, Date.now(), length());
      const queue = [...due, ...fresh].map(({ key }) => key);
      if (!queue.length) return;
      begin({ queue, done: [], own: "", revealed: false, seconds: 0, over: false, address: location.search });
    });
    $("resume").addEventListener("click", () => ask());

    // --- Answer -----------------------------------------------------------------------------------

    let shownAt = 0; // when the clock of this question last started
    let answered = null; // the key of the question whose answer is on the page, folded or not
    let busy = false; // a grade is being written or taken back

    // A session that waits while its reader chooses has no question on the page.
    const runs = () => isShown("session") && !session.revealed;
    const seconds = () => session.seconds + (runs() ? (Date.now() - shownAt) / 1000 : 0);

    const keep = () => state.write(session && { ...session, seconds: session.over ? 0 : seconds() });

    function begin(next) {
      session = next;
      ask();
    }

    // A kept session may be from another version of the book, or from another program.
    function restore() {
      const kept = state.read();
      if (!kept || !Array.isArray(kept.queue) || !Array.isArray(kept.done)) return false;
      const done = kept.done.filter((entry) => byKey.has(entry?.key) && GRADES[entry.rating] && entry.review);
      const queue = kept.queue.filter((key) => byKey.has(key));
      const same = queue[0] === kept.queue[0];
      session = {
        queue,
        done,
        own: same ? String(kept.own ?? "") : "",
        revealed: same && kept.revealed === true,
        seconds: same ? Number(kept.seconds) || 0 : 0,
        over: kept.over === true || !queue.length,
        address: String(kept.address ?? ""),
      };
      if (session.over) {
        if (!done.length) session = null;
        else if (session.address === location.search) sumUp();
        return session?.address === location.search;
      }
      if (location.search && session.address !== location.search) return false; // the reader wants another
      ask();
      return true;
    }

    async function ask() {
      const [key] = session.queue;
      const question = byKey.get(key);
      const total = session.done.length + session.queue.length;
      shownAt = Date.now();
      answered = null;
      $("position").textContent = `${session.done.length + 1} of ${total}`;
      root.querySelector("progress").value = session.done.length / total;
      $("level").textContent = question.level;
      $("from").textContent = `${index.domains[question.page.domain]} · ${question.page.title}`;
      $("question").innerHTML = question.text;
      root.querySelector(".practice-card").dataset.domain = question.page.domain;
      $("own").value = session.own;
      $("answer").hidden = true;
      $("answer-text").replaceChildren();
      $("reveal").parentElement.hidden = false;
      $("reveal").disabled = true;
      $("retry").hidden = true;
      $("undo").hidden = session.done.length === 0;
      tell("", "answer");
      tick();
      show("session", $("question"));
      $("beside").hidden = true;
      keep();
      let found;
      let page;
      try {
        page = await loadPage(folder, question.page.slug);
        found = page.answers[question.id];
      } catch {
        // no connection; told below
      }
      if (session?.queue[0] !== key || session.over) return;
      if (!found) {
        const why = page ? "The book has changed: reload this page." : "Check the connection.";
        tell(`The answer cannot be loaded. ${why} Your place is kept.`, "answer");
        $("retry").hidden = false;
        return;
      }
      $("answer-text").innerHTML = found[1];
      $("levels-text").innerHTML = page.levels;
      $("levels").hidden = !page.levels;
      $("levels").open = false;
      $("where").href = linkTo(question).href;
      const seen = known.get(key)?.reviews.at(-1);
      $("edited").hidden = !seen || seen.answer === question.answer;
      answered = key;
      $("reveal").disabled = false;
      if (session.revealed) reveal();
    }

    function reveal() {
      const [key] = session.queue;
      if (answered !== key) return;
      const next = choices(known.get(key), Date.now());
      session.seconds = seconds();
      session.revealed = true;
      for (const button of root.querySelectorAll("[data-grade]")) {
        button.querySelector("[data-interval]").textContent = words(next[button.dataset.grade]);
      }
      $("answer").hidden = false;
      $("reveal").parentElement.hidden = true;
      $("answer-text").focus({ preventScroll: true });
      $("answer").scrollIntoView({ block: "nearest" });
      tick();
      keep();
    }

    // Runs a change of the store, during which no key or button starts another.
    async function exclusively(change) {
      if (busy) return;
      busy = true;
      try {
        await change();
      } finally {
        busy = false;
      }
    }

    const grade = (rating) =>
      exclusively(async () => {
        if (!session.revealed) return;
        const [key] = session.queue;
        const { answer } = byKey.get(key);
        const review = await store.add("reviews", { card: key, at: Date.now(), rating, answer });
        learn();
        session.done.push({ key, rating, review: review.id });
        session.queue.shift();
        // FSRS brings it back within minutes: then it is asked again before the session ends.
        if (known.get(key)?.due - review.at <= SOON) session.queue.push(key);
        advance();
        if (session.done.length === 1) navigator.storage?.persist?.().catch(() => {}); // some drop data else
      });

    function advance() {
      Object.assign(session, { own: "", revealed: false, seconds: 0 });
      if (session.queue.length) ask();
      else finish();
    }

    const undo = () =>
      exclusively(async () => {
        const last = session?.done.pop();
        if (!last) return;
        await store.remove("reviews", last.review);
        learn();
        const again = session.queue.lastIndexOf(last.key); // it may wait there for another try
        if (again >= 0) session.queue.splice(again, 1);
        session.queue.unshift(last.key);
        Object.assign(session, { own: "", revealed: false, seconds: 0, over: false });
        ask();
      });

    function skip() {
      session.queue.shift();
      advance();
    }

    function finish() {
      session.over = true;
      tell("", "answer");
      sumUp();
      keep();
    }

    function sumUp() {
      const { done } = session;
      const counts = Object.entries(GRADES)
        .map(([rating, name]) => [done.filter((entry) => entry.rating === Number(rating)).length, name])
        .filter(([count]) => count);
      $("result").textContent = done.length
        ? `${many(done.length, "answer")}: ${counts.map(([count, name]) => `${count} ${name.toLowerCase()}`).join(", ")}.`
        : "No question was answered.";
      const failed = [...new Set(done.filter(({ rating }) => rating === 1).map(({ key }) => key))];
      $("failed").hidden = failed.length === 0;
      $("again").replaceChildren(
        ...failed.map((key) => {
          const item = element("li");
          item.append(linkTo(byKey.get(key)), ` (${byKey.get(key).page.title})`);
          return item;
        }),
      );
      $("undo-last").hidden = done.length === 0;
      showAll();
      show("summary", root.querySelector("#practice-summary"));
      $("beside").hidden = false;
    }

    function tick() {
      if (session && !session.over) $("timer").textContent = clock(seconds());
    }
    setInterval(() => isShown("session") && tick(), 1000);
    addEventListener("pagehide", keep);

    $("own").addEventListener("input", () => {
      session.own = $("own").value;
      keep();
    });
    $("reveal").addEventListener("click", () => busy || reveal());
    $("retry").addEventListener("click", ask);
    $("skip").addEventListener("click", () => busy || skip());
    $("end").addEventListener("click", () => busy || finish());
    $("undo").addEventListener("click", undo);
    $("undo-last").addEventListener("click", undo);
    for (const button of root.querySelectorAll("[data-grade]")) {
      button.addEventListener("click", () => grade(Number(button.dataset.grade)));
    }
    $("more").addEventListener("click", () => {
      leave();
      focusChoice();
    });

    // The command of a key is what it types; its place counts where it types neither a Latin letter nor a
    // digit: in another script, or where digits are behind Shift.
    function command({ code, key }) {
      if (/^[a-z0-9]$/i.test(key)) return key.toLowerCase();
      return code.match(/^(?:Digit|Numpad)([1-4])$|^Key([SU])$/)?.slice(1).find(Boolean)?.toLowerCase();
    }

    // Keys count in the session only, so that they disturb nobody elsewhere.
    root.querySelector("[data-view=session]").addEventListener("keydown", (event) => {
      if (event.altKey || event.repeat || busy) return;
      const withControl = event.ctrlKey || event.metaKey;
      if (event.target === $("own")) {
        if (event.key === "Enter" && withControl && !session.revealed) reveal();
        return;
      }
      if (withControl) return;
      const key = command(event);
      const onControl = event.target.closest("button, a, summary");
      if (key === "u" && session.done.length) undo();
      else if (key === "s" && !session.revealed) skip();
      else if (GRADES[key] && session.revealed) grade(Number(key));
      else if ([" ", "Enter"].includes(event.key) && !onControl && !session.revealed) reveal();
      else return;
      event.preventDefault(); // a space would scroll, a letter start a search
    });

    // --- What is remembered -----------------------------------------------------------------------

    function showStatistics() {
      const now = Date.now();
      const isEmpty = known.size + retired.length + ahead === 0;
      $("statistics-empty").hidden = !isEmpty;
      $("statistics").hidden = isEmpty;
      const rows = Object.entries(index.domains).map(([domain, label]) => {
        const all = questions.filter((q) => q.page.domain === domain);
        const seen = all.map(({ key }) => known.get(key)).filter(Boolean);
        const past = retired.filter(({ page }) => page?.domain === domain);
        const tests = [...seen, ...past].flatMap((schedule) => schedule.tests);
        const recalled = tests.filter(Boolean).length;
        const due = seen.filter((schedule) => isDue(schedule, now)).length;
        const share = tests.length ? `${Math.round((100 * recalled) / tests.length)}% of ${tests.length}` : "–";
        const row = element("tr");
        row.append(element("th", label, { scope: "row" }));
        row.append(...[`${seen.length} of ${all.length}`, due, share].map((text) => element("td", text)));
        return row;
      });
      $("retention").replaceChildren(...rows);
      const within = (days) => [...known.values()].filter((schedule) => isDue(schedule, now + days * A_DAY)).length;
      const be = (count) => (count === 1 ? "is" : "are");
      const forecast = [`${within(0)} due now, ${within(1)} within a day, ${within(7)} within a week.`];
      if (retired.length) {
        forecast.push(`${many(retired.length, "question")} you answered ${be(retired.length)} no longer in the book;`);
        forecast.push("“Recalled” counts the answers as long as their page is there.");
      }
      if (ahead) forecast.push(`${many(ahead, "answer")} ${be(ahead)} dated later than now, and left out until then.`);
      $("forecast").textContent = forecast.join(" ");
      const weak = weakPages(questions, known);
      $("weak-empty").hidden = weak.length > 0;
      $("weak").replaceChildren(
        ...weak.slice(0, 5).map(({ page, bad, answers, question }) => {
          const item = element("li");
          item.append(element("a", page.title, { href: `${folder}${page.name}.html` }));
          item.append(`: ${bad} of the last ${answers} answers ${bad === 1 ? "was" : "were"} Again or Hard. Begin at `);
          item.append(linkTo(question));
          return item;
        }),
      );
    }

    showAll = () => {
      learn();
      showChoice();
      showStatistics();
    };
    readAddress();
    showAll();
    marks.onChange(showChoice);
    // What is due changes while the page is open.
    const refresh = () => isShown("choose") && showAll();
    setInterval(refresh, 60_000);
    document.addEventListener("visibilitychange", refresh);
    if (form.querySelector("details input:checked")) form.querySelector("details").open = true;
    if (!restore()) {
      show("choose");
      showChoice();
    }
    root.dataset.ready = "yes";
  }

  // --- Data: what works without the questions, too ------------------------------------------------

  function startData({ $, book, onChange, onClear, store }) {
    const say = (sentence) => { $("data-status").textContent = sentence; };

    function counts({ reviews, interviews, marks: marked }) {
      const found = [[reviews, "review"], [interviews, "interview"], [marked, "mark"]].filter(([count]) => count);
      return found.map(([count, noun]) => many(count, noun)).join(", ");
    }

    $("export").addEventListener("click", () => {
      const [day] = new Date().toLocaleDateString("sv-SE").split(" "); // the reader's own, as 2026-01-31
      download(store.exportFile(), "application/json", `${book}-practice-${day}.json`);
      const all = { reviews: store.reviews().length, interviews: store.interviews().length };
      say(`Exported ${counts({ ...all, marks: Object.keys(marks.all()).length }) || "an empty file"}.`);
    });
    $("import").addEventListener("click", () => $("file").click());
    $("file").addEventListener("change", async () => {
      const [file] = $("file").files;
      if (!file) return;
      try {
        const added = counts(await store.importFile(await file.text()));
        onChange();
        say(added ? `Imported ${added}.` : "Nothing is in the file that is not here.");
      } catch (error) {
        const why = error instanceof FileError ? error.message : "The file cannot be read.";
        say(`Nothing was imported. ${why}`);
      }
      $("file").value = ""; // the same file may be chosen again
    });
    $("clear-all").addEventListener("click", async () => {
      if ((await choiceIn($("confirm"))) !== "delete") return;
      const done = await store.clear();
      if (done) {
        tabState("interview").write(null);
        onClear();
      }
      say(done ? "Everything is deleted." : "Nothing was deleted: this browser refused.");
    });
  }

  document.querySelectorAll("[data-practice]").forEach(start);
}

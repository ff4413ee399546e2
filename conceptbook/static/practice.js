// The practice page: choose questions, answer them one by one, sum up. The page holds the elements;
// this shows one view at a time. What is answered goes to the store at once, and the session itself
// to sessionStorage, so that a reload in its midst goes on where it was.

"use strict";

{
  const { FileError, loadIndex, loadPage, open } = window.conceptPractice;
  const { A_DAY, SOON, choices, isDue, plan, recognize, schedules, weakPages, words } = window.conceptSchedule;
  const { matchesAll, readChosen, remember, showCounts, toSearch, writeChosen } = window.conceptFilters;
  const marks = window.conceptMarks;

  const GROUPS = ["domain", "level", "mark", "tag"];
  const SESSION = "conceptbook:session";
  const GRADES = { 1: "Again", 2: "Hard", 3: "Good", 4: "Easy" };

  const many = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

  // All questions of the book: its index as records that the filters can match.
  function readQuestions(index) {
    return index.pages.flatMap((page) =>
      page.questions.map(([id, level, answer, text]) => ({
        key: `${page.slug}#${id}`,
        id,
        level,
        answer,
        text,
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

  function element(tag, text = "", properties = {}) {
    return Object.assign(document.createElement(tag), { textContent: text }, properties);
  }

  async function start(root) {
    const $ = (name) => root.querySelector(`[data-${name}]`);
    const folder = root.dataset.root;
    const form = root.querySelector("form");
    const views = [...root.querySelectorAll("[data-view]")];

    function tell(sentence) {
      $("notice").textContent = sentence;
      $("notice").hidden = false;
    }

    let index;
    try {
      index = await loadIndex(folder);
    } catch {
      tell("The questions cannot be loaded. Check the connection and reload this page.");
      return;
    }
    const questions = readQuestions(index);
    const byKey = new Map(questions.map((question) => [question.key, question]));
    const store = await open(index.title, { onChange: () => { learn(); showAll(); }, onTrouble: tell });

    let known; // schedules by key, of questions that the book has
    let retired;

    function learn() {
      const all = schedules(recognize(store.reviews(), questions, index.moved));
      known = new Map([...all].filter(([key]) => byKey.has(key)));
      retired = all.size - known.size;
    }

    function show(name, focus) {
      for (const view of views) view.hidden = view.dataset.view !== name;
      $("beside").hidden = name === "session";
      focus?.focus();
    }

    const isShown = (name) => !views.find((view) => view.dataset.view === name).hidden;

    // --- Choose -----------------------------------------------------------------------------------

    const pageOf = (slug) => index.pages.find((page) => page.slug === slug);
    const onlyPage = () => pageOf(new URLSearchParams(location.search).get("page"));
    const length = () => form.elements.size.value;

    function search(chosen) {
      const parameters = new URLSearchParams(toSearch(chosen));
      if (onlyPage()) parameters.set("page", onlyPage().slug);
      if (length() !== "10") parameters.set("size", length());
      return parameters.size ? `?${parameters}` : "";
    }

    function readAddress() {
      const parameters = new URLSearchParams(location.search);
      writeChosen(form, parameters);
      const wanted = parameters.get("size");
      for (const radio of form.elements.size) radio.checked = radio.value === (wanted ?? "10");
      if (!form.querySelector("[name=size]:checked")) form.elements.size.value = "10";
    }

    function chosenQuestions(chosen) {
      const page = onlyPage();
      return questions.filter((q) => (page ? q.page === page : true) && matchesAll(q, GROUPS, chosen));
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
      const { due, fresh } = plan(matching, known, Date.now(), length());
      const total = due.length + fresh.length;
      const parts = [due.length && `${due.length} due`, fresh.length && `${fresh.length} new`].filter(Boolean);
      const next = Math.min(...matching.filter((q) => known.has(q.key)).map((q) => known.get(q.key).card.due.getTime()));
      $("start").disabled = total === 0;
      $("plan").textContent = total
        ? `${many(total, "question")}: ${parts.join(", ")}`
        : matching.length === 0
          ? "No question has all of this."
          : Number.isFinite(next)
            ? `Nothing is due; the next comes back in ${words(next - Date.now())}.`
            : "Nothing is due yet; choose a length to meet new questions.";
      return chosen;
    }

    form.addEventListener("input", () => remember(search(showChoice()), true));
    $("only-clear").addEventListener("click", () => {
      const parameters = new URLSearchParams(location.search);
      parameters.delete("page");
      history.pushState(null, "", location.pathname + (parameters.size ? `?${parameters}` : ""));
      showChoice();
    });
    addEventListener("popstate", () => {
      readAddress();
      showChoice();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const { due, fresh } = plan(shuffled(chosenQuestions(readChosen(form, GROUPS))), known, Date.now(), length());
      const queue = [...due, ...fresh].map((question) => question.key);
      if (!queue.length) return;
      begin({ queue, done: [], own: "", revealed: false, seconds: 0 });
      navigator.storage?.persist?.().catch(() => {}); // else some browsers drop data after a week
    });

    // --- Answer -----------------------------------------------------------------------------------

    let session = null; // queue of keys, done [{key, rating, review}], own text, revealed, seconds
    let shownAt = 0; // when the clock of this question last started

    const seconds = () => session.seconds + (session.revealed ? 0 : (Date.now() - shownAt) / 1000);

    function keep() {
      try {
        if (session) sessionStorage.setItem(SESSION, JSON.stringify({ ...session, seconds: seconds() }));
        else sessionStorage.removeItem(SESSION);
      } catch {
        // without it a reload ends the session; the reviews are in the store
      }
    }

    function restore() {
      try {
        const kept = JSON.parse(sessionStorage.getItem(SESSION));
        if (!kept) return false;
        kept.queue = kept.queue.filter((key) => byKey.has(key));
        if (!kept.queue.length) return false;
        begin(kept);
        return true;
      } catch {
        return false;
      }
    }

    function begin(next) {
      session = next;
      ask();
    }

    async function ask() {
      const key = session.queue[0];
      const question = byKey.get(key);
      shownAt = Date.now();
      const total = session.done.length + session.queue.length;
      $("position").textContent = `${session.done.length + 1} of ${total}`;
      root.querySelector("progress").value = session.done.length / total;
      $("level").textContent = question.level;
      $("from").textContent = `${index.domains[question.page.domain]} · ${question.page.title}`;
      $("question").textContent = question.text;
      root.querySelector(".practice-card").dataset.domain = question.page.domain;
      $("own").value = session.own;
      $("answer").hidden = true;
      $("reveal").parentElement.hidden = false;
      $("undo").hidden = session.done.length === 0;
      tick();
      show("session", $("question"));
      keep();
      let page;
      try {
        page = await loadPage(folder, question.page.slug);
      } catch {
        tell("The answer cannot be loaded. Check the connection; your place is kept.");
        return;
      }
      if (session?.queue[0] !== key) return;
      const [asked, answer] = page.answers[question.id];
      $("question").innerHTML = asked;
      $("answer-text").innerHTML = answer;
      $("levels-text").innerHTML = page.levels;
      $("levels").hidden = !page.levels;
      $("levels").open = false;
      $("where").href = `${folder}${question.page.name}.html#${question.id}`;
      const seen = known.get(key)?.reviews.at(-1);
      $("edited").hidden = !seen || seen.answer === question.answer;
      if (session.revealed) reveal();
    }

    function reveal() {
      session.seconds = seconds();
      session.revealed = true;
      const now = Date.now();
      const next = choices(known.get(session.queue[0]), now);
      for (const button of root.querySelectorAll("[data-grade]")) {
        button.querySelector("[data-interval]").textContent = words(next[button.dataset.grade] - now);
      }
      $("answer").hidden = false;
      $("reveal").parentElement.hidden = true;
      $("answer-text").tabIndex = -1;
      $("answer-text").focus({ preventScroll: true });
      $("answer").scrollIntoView({ block: "nearest" });
      tick();
      keep();
    }

    async function grade(rating) {
      const key = session.queue[0];
      const { answer } = byKey.get(key);
      session.revealed = false; // a second press of the key grades nothing
      const review = await store.add("reviews", { card: key, at: Date.now(), rating, answer });
      learn();
      session.done.push({ key, rating, review: review.id });
      session.queue.shift();
      // FSRS brings it back within minutes: then it is asked again before the session ends.
      if (known.get(key).card.due.getTime() - Date.now() <= SOON) session.queue.push(key);
      advance();
    }

    function advance() {
      Object.assign(session, { own: "", revealed: false, seconds: 0 });
      if (session.queue.length) ask();
      else finish();
    }

    async function undo() {
      const last = session?.done.pop();
      if (!last) return;
      await store.remove("reviews", last.review);
      learn();
      const again = session.queue.lastIndexOf(last.key); // it may wait there for another try
      if (again >= 0) session.queue.splice(again, 1);
      session.queue.unshift(last.key);
      Object.assign(session, { own: "", revealed: false, seconds: 0 });
      ask();
    }

    function skip() {
      session.queue.shift();
      advance();
    }

    function finish() {
      const { done } = session;
      session = null;
      keep();
      const counts = Object.entries(GRADES)
        .map(([grade, name]) => [done.filter(({ rating }) => rating === Number(grade)).length, name])
        .filter(([count]) => count);
      $("result").textContent = done.length
        ? `${many(done.length, "answer")}: ${counts.map(([count, name]) => `${count} ${name.toLowerCase()}`).join(", ")}.`
        : "No question was answered.";
      const failed = [...new Set(done.filter(({ rating }) => rating === 1).map(({ key }) => key))];
      $("failed").hidden = failed.length === 0;
      $("again").replaceChildren(
        ...failed.map((key) => {
          const { page, id, text } = byKey.get(key);
          const item = element("li");
          item.append(element("a", text, { href: `${folder}${page.name}.html#${id}` }), ` (${page.title})`);
          return item;
        }),
      );
      showAll();
      show("summary", root.querySelector("#practice-summary"));
    }

    function tick() {
      if (!session) return;
      const whole = Math.floor(seconds());
      $("timer").textContent = `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
    }
    setInterval(() => isShown("session") && tick(), 1000);
    addEventListener("pagehide", keep);

    $("own").addEventListener("input", () => {
      session.own = $("own").value;
      keep();
    });
    $("reveal").addEventListener("click", reveal);
    $("skip").addEventListener("click", skip);
    $("end").addEventListener("click", finish);
    $("undo").addEventListener("click", undo);
    for (const button of root.querySelectorAll("[data-grade]")) {
      button.addEventListener("click", () => session.revealed && grade(Number(button.dataset.grade)));
    }
    $("more").addEventListener("click", () => {
      showChoice();
      show("choose", $("start"));
    });

    document.addEventListener("keydown", (event) => {
      const busy = event.altKey || event.repeat || document.querySelector("dialog[open]");
      if (!session || !isShown("session") || busy) return;
      const command = event.ctrlKey || event.metaKey;
      if (event.target === $("own")) {
        if (event.key === "Enter" && command && !session.revealed) reveal();
        return;
      }
      if (command) return;
      const key = event.key.toLowerCase();
      if (key === "u") undo();
      else if (session.revealed) {
        if (GRADES[key]) grade(Number(key));
      } else if (key === "s") skip();
      else if ((key === " " || key === "enter") && !event.target.closest?.("button, a, summary")) {
        event.preventDefault(); // a space would scroll
        reveal();
      }
    });

    // --- What is remembered -----------------------------------------------------------------------

    function showStatistics() {
      const now = Date.now();
      $("statistics-empty").hidden = known.size > 0;
      $("statistics").hidden = known.size === 0;
      const rows = Object.entries(index.domains).map(([domain, label]) => {
        const all = questions.filter((q) => q.page.domain === domain);
        const seen = all.map((q) => known.get(q.key)).filter(Boolean);
        const tests = seen.flatMap((schedule) => schedule.tests);
        const recalled = tests.filter(Boolean).length;
        const row = element("tr", "");
        row.append(element("th", label, { scope: "row" }));
        row.append(element("td", `${seen.length} of ${all.length}`));
        row.append(element("td", String(seen.filter((schedule) => isDue(schedule, now)).length)));
        const share = tests.length ? `${Math.round((100 * recalled) / tests.length)}% of ${tests.length}` : "not tested yet";
        row.append(element("td", share));
        return row;
      });
      $("retention").replaceChildren(...rows);
      const within = (days) => [...known.values()].filter((s) => s.card.due.getTime() <= now + days * A_DAY).length;
      const gone = retired ? ` ${many(retired, "question")} you answered ${retired === 1 ? "is" : "are"} no longer in the book.` : "";
      $("forecast").textContent = `${within(0)} due now, ${within(1)} within a day, ${within(7)} within a week.${gone}`;
      const weak = weakPages(questions, known);
      $("weak-empty").hidden = weak.length > 0;
      $("weak").replaceChildren(
        ...weak.slice(0, 5).map(({ page, share, answers, question }) => {
          const item = element("li");
          item.append(element("a", page.title, { href: `${folder}${page.name}.html` }));
          item.append(`: ${Math.round(share * 100)}% of the last ${answers} answers. Begin at `);
          item.append(element("a", question.text, { href: `${folder}${page.name}.html#${question.id}` }));
          return item;
        }),
      );
    }

    // --- Data -------------------------------------------------------------------------------------

    const say = (sentence) => { $("data-status").textContent = sentence; };

    $("export").addEventListener("click", () => {
      const url = URL.createObjectURL(new Blob([store.exportFile()], { type: "application/json" }));
      element("a", "", { href: url, download: `practice-${new Date().toISOString().slice(0, 10)}.json` }).click();
      setTimeout(() => URL.revokeObjectURL(url), 1000);
      say(`Exported ${many(store.reviews().length, "review")}.`);
    });
    $("import").addEventListener("click", () => $("file").click());
    $("file").addEventListener("change", async () => {
      const [file] = $("file").files;
      $("file").value = ""; // the same file may be chosen again
      if (!file) return;
      try {
        const added = await store.importFile(await file.text());
        learn();
        showAll();
        say(added ? `Imported ${many(added, "new review")}.` : "Imported: there was no review in it that is not here.");
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
        say(`Nothing was imported. ${error.message}`);
      }
    });
    $("clear-all").addEventListener("click", () => {
      $("confirm").returnValue = ""; // Escape leaves the last one
      $("confirm").showModal();
    });
    $("confirm").addEventListener("close", async () => {
      if ($("confirm").returnValue !== "delete") return;
      await store.clear();
      learn();
      showAll();
      say("Everything is deleted.");
    });

    function showAll() {
      showChoice();
      showStatistics();
    }

    learn();
    readAddress();
    marks.onChange(showChoice);
    showAll();
    if (form.querySelector("details input:checked")) form.querySelector("details").open = true;
    if (!restore()) show("choose");
    root.dataset.ready = "yes";
  }

  document.querySelectorAll("[data-practice]").forEach(start);
}

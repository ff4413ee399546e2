// A worked design as a timed interview. Clock and rubric are the tables of the design's page. The
// interview lives in the tab's own state until its reader leaves the report; what the report is made
// of goes to the store when it is written, so that the history opens it again.

"use strict";

{
  const { choiceIn, clock: time, download, element, html, many, parts, tabState } = window.conceptPage;
  const { loadIndex, loadPage, open } = window.conceptPractice;
  const SCORES = ["Missed", "Partly", "Had it"];

  const plain = (text) => html("div", text).textContent.trim();

  // The rows of the clock: from and to in minutes, and what each column says.
  const readClock = (table) =>
    table.rows.map(([minutes, ...cells]) => {
      const [from, to] = plain(minutes).match(/\d+/g).map(Number);
      return { from, to, minutes: plain(minutes), cells };
    });

  // The pages of the index that a row links to.
  function linked(cells, pages) {
    const links = cells.flatMap((cell) => [...html("div", cell).querySelectorAll("a[href]")]);
    const hrefs = links.map((link) => link.getAttribute("href").split("#")[0]);
    return pages.filter(({ name }) => hrefs.includes(`${name}.html`));
  }

  // Score buttons of one row: radios in a group that is named by the row.
  function radios(name, legend, labels, chosen, onChoose) {
    const group = element("fieldset", "", { className: "mock-scores" });
    group.append(legend);
    labels.forEach((label, value) => {
      const chip = element("label", "", { className: "chip" });
      const input = element("input", "", { type: "radio", name, value, checked: value === chosen });
      input.addEventListener("change", () => onChoose(value));
      chip.append(input, label);
      group.append(chip);
    });
    return group;
  }

  async function start(root) {
    const { $, insist, show, tell } = parts(root);
    const folder = root.dataset.root;
    const tab = tabState("interview");

    const index = await insist(() => loadIndex(folder), "The designs cannot be loaded.");
    const store = await open(document.body.dataset.book, { onChange: showHistory, onTrouble: (text) => tell(text) });

    // design; before: seconds until since (ms; null in a pause); scores by minutes of the clock, levels by
    // dimension; notes; stage: interview, score or report.
    let state = null;
    let design; // its page in the index
    let page; // its tables
    let clock;
    let current; // the row of the clock now running

    const keep = () => tab.write(state);
    const elapsed = () => state.before + (state.since === null ? 0 : Math.max(0, Date.now() - state.since) / 1000);
    const total = () => clock.at(-1).to * 60;

    function rowAt(seconds) {
      const row = clock.findIndex(({ to }) => seconds < to * 60);
      return row === -1 ? clock.length : row;
    }

    // The design that an interview is on, if the book has it still.
    function designOf(kept) {
      const slug = index.moved[kept.design] ?? kept.design;
      return index.pages.find((entry) => entry.slug === slug && entry.related);
    }

    // A kept interview may be from another version of the book.
    async function enter(kept) {
      const found = designOf(kept);
      if (!found) return leave();
      const tables = await insist(() => loadPage(folder, found.slug), "The design cannot be loaded.");
      design = found;
      page = tables;
      state = {
        design: found.slug,
        before: Number(kept.before) || 0,
        since: Number.isFinite(kept.since) ? kept.since : null,
        scores: { ...kept.scores },
        levels: { ...kept.levels },
        notes: String(kept.notes ?? ""),
        stage: ["interview", "score", "report"].includes(kept.stage) ? kept.stage : "interview",
      };
      clock = readClock(page.clock);
      current = rowAt(elapsed());
      $("title").textContent = design.title;
      $("opening").textContent = `You have ${clock.at(-1).to} minutes. Begin with what you would ask.`;
      $("total").textContent = `of ${time(total())}`;
      $("notes").value = state.notes;
      $("checkpoints").replaceChildren(...clock.map((_, number) => checkpoint(number)));
      keep();
      if (state.stage === "score") score();
      else if (state.stage === "report") showReport();
      else {
        tick();
        show("interview", $("title"));
      }
    }

    function leave() {
      state = null;
      keep();
      showHistory();
      show("choose", root.querySelector("[data-design]"));
    }

    // --- The clock --------------------------------------------------------------------------------

    function checkpoint(number) {
      const row = clock[number];
      const item = element("li");
      item.append(element("p", `Minutes ${row.minutes}`, { className: "mock-minutes" }));
      if (number < current) {
        item.className = "past";
        item.append(...said(row), scores(number));
      } else if (number === current) {
        item.className = "current";
        item.setAttribute("aria-current", "step");
        const peek = element("details");
        peek.append(element("summary", plain(page.clock.head.at(-1))), html("p", row.cells.at(-1)));
        item.append(peek);
      }
      return item;
    }

    function said(row) {
      return row.cells.map((cell, column) => {
        const line = html("p", cell);
        line.prepend(element("strong", `${plain(page.clock.head[column + 1])}: `));
        return line;
      });
    }

    function scores(number) {
      const legend = element("legend", "You");
      legend.append(element("span", `, minutes ${clock[number].minutes}`, { className: "visually-hidden" }));
      const labels = SCORES.map((label) => element("span", label));
      const { minutes } = clock[number];
      return radios(`checkpoint-${number}`, legend, labels, state.scores[minutes], (value) => {
        state.scores[minutes] = value;
        keep();
      });
    }

    function tick() {
      const seconds = elapsed();
      $("clock").textContent = time(seconds);
      root.querySelector("progress").value = Math.min(1, seconds / total());
      $("pause").textContent = state.since === null ? "Go on" : "Pause";
      const before = current;
      current = rowAt(seconds);
      if (current === before) return;
      $("phase").textContent =
        current < clock.length ? `Minutes ${clock[current].minutes} begin; score the last.` : "Time is over.";
      // Only the rows that changed: a score being given keeps its focus.
      for (let number = before; number <= Math.min(current, clock.length - 1); number += 1) {
        $("checkpoints").children[number].replaceWith(checkpoint(number));
      }
    }
    setInterval(() => state?.stage === "interview" && tick(), 500);

    $("pause").addEventListener("click", () => {
      state.before = elapsed();
      state.since = state.since === null ? Date.now() : null;
      tick();
      keep();
    });
    $("notes").addEventListener("input", () => {
      state.notes = $("notes").value;
      keep();
    });
    $("finish").addEventListener("click", () => {
      Object.assign(state, { before: elapsed(), since: null, stage: "score" });
      keep();
      score();
    });
    for (const button of root.querySelectorAll("[data-discard]")) {
      button.addEventListener("click", async () => {
        if ((await choiceIn($("confirm"))) === "discard") leave();
      });
    }

    // --- The score --------------------------------------------------------------------------------

    const columns = () => page.rubric.head.slice(1).map(plain);

    function score() {
      $("score-status").textContent = "";
      $("rubric").replaceChildren(
        ...page.rubric.rows.map(([dimension, ...cells], number) => {
          const labels = cells.map((cell, column) => {
            const label = html("span", cell);
            for (const link of label.querySelectorAll("a")) link.replaceWith(...link.childNodes);
            label.prepend(element("strong", `${columns()[column]} `));
            return label;
          });
          const name = plain(dimension);
          return radios(`dimension-${number}`, element("legend", name), labels, state.levels[name], (value) => {
            state.levels[name] = value;
            keep();
          });
        }),
      );
      // The row in which the interview ended counts; those after it were not reached.
      $("scored").replaceChildren(
        ...clock.slice(0, current + 1).map((row, number) => {
          const item = element("li", "", { className: "past" });
          item.append(element("p", `Minutes ${row.minutes}`, { className: "mock-minutes" }), ...said(row), scores(number));
          return item;
        }),
      );
      show("score", root.querySelector("#mock-score"));
    }

    $("report-now").addEventListener("click", async () => {
      if (state.stage !== "score") return; // a second click
      const names = page.rubric.rows.map(([dimension]) => plain(dimension));
      const open = names.findIndex((name) => state.levels[name] === undefined);
      if (open !== -1) {
        $("score-status").textContent = `Score “${names[open]}” first.`;
        root.querySelector(`[name=dimension-${open}]`).focus();
        return;
      }
      state.stage = "report";
      state.before = Math.floor(state.before); // not rounded up into the next row of the clock
      state.levels = Object.fromEntries(names.map((name) => [name, state.levels[name]]));
      keep();
      showReport();
      const { design: slug, before: seconds, levels, scores, notes } = state;
      await store.add("interviews", { design: slug, at: Date.now(), seconds, levels, scores, notes });
      showHistory();
    });

    // --- The report -------------------------------------------------------------------------------

    // What the report says, as data: both the page and the Markdown are made of it. The rubric may have
    // changed since: the report names what was scored.
    function report() {
      const rows = new Map(page.rubric.rows.map(([dimension, ...cells]) => [plain(dimension), cells]));
      const dimensions = Object.entries(state.levels).map(([name, level]) => ({
        name,
        level,
        label: columns()[level],
        cells: rows.get(name) ?? [],
      }));
      const missed = clock.filter(({ minutes }, number) => number <= current && !state.scores[minutes]);
      const pages = new Map();
      function read(name, title, why) {
        const href = `${name}.html`;
        if (!pages.has(href)) pages.set(href, { title, why: [] });
        pages.get(href).why.push(why);
      }
      for (const { name, level, cells } of dimensions) {
        if (level === columns().length - 1) continue;
        const links = linked(cells, index.pages);
        for (const to of links.length ? links : [design]) read(to.name, to.title, name);
      }
      for (const [name, title, reason] of design.related) if (!pages.has(`${name}.html`)) read(name, title, reason);
      return { title: design.title, seconds: state.before, total: total(), dimensions, missed, pages, notes: state.notes.trim() };
    }

    function list(items) {
      const found = element("ul");
      found.append(...items);
      return found;
    }

    function showReport() {
      const { title, seconds, total: all, dimensions, missed, pages, notes } = report();
      const table = element("table", "", { className: "table" });
      const body = element("tbody");
      for (const { name, label } of dimensions) {
        const row = element("tr");
        row.append(element("th", name, { scope: "row" }), element("td", label));
        body.append(row);
      }
      table.append(body);
      const found = [element("p", `${title}, ${time(seconds)} of ${time(all)}.`), table];
      if (missed.length) {
        found.push(element("h3", "Checkpoints missed, or not scored"));
        found.push(list(missed.map((row) => html("li", `${row.minutes}: ${row.cells.at(-1)}`))));
      }
      if (pages.size) {
        found.push(element("h3", "Read next"));
        const items = [...pages].map(([href, { title: name, why }]) => {
          const item = element("li");
          item.append(element("a", name, { href: folder + href }), `: ${why.join(", ")}`);
          return item;
        });
        found.push(list(items));
      }
      if (notes) found.push(element("h3", "Notes"), element("p", notes, { className: "mock-notes" }));
      $("report").replaceChildren(...found);
      $("copied").textContent = "";
      show("report", root.querySelector("#mock-report"));
    }

    function markdown() {
      const { title, seconds, total: all, dimensions, missed, pages, notes } = report();
      const link = (href) => new URL(folder + href, location.href).href;
      const lines = [...pages].map(([href, { title: name, why }]) => `- [${name}](${link(href)}): ${why.join(", ")}`);
      const gaps = missed.map((row) => `- ${row.minutes}: ${plain(row.cells.at(-1))}`);
      const found = [
        `# ${title}`,
        `${time(seconds)} of ${time(all)}`,
        dimensions.map(({ name, label }) => `- ${name}: ${label}`).join("\n"),
        gaps.length && `## Checkpoints missed, or not scored\n\n${gaps.join("\n")}`,
        lines.length && `## Read next\n\n${lines.join("\n")}`,
        notes && `## Notes\n\n${notes}`,
      ];
      return `${found.filter(Boolean).join("\n\n")}\n`;
    }

    $("copy").addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(markdown());
        $("copied").textContent = "Copied.";
      } catch {
        $("copied").textContent = "This browser does not allow it: download the file.";
      }
    });
    $("download").addEventListener("click", () => download(markdown(), "text/markdown", "mock-interview.md"));
    $("again").addEventListener("click", leave);

    // --- Choose -----------------------------------------------------------------------------------

    function showHistory() {
      const past = store.interviews().reverse();
      $("history").hidden = past.length === 0;
      $("history-list").replaceChildren(
        ...past.map((interview) => {
          const { at, levels, scores, seconds } = interview;
          const found = designOf(interview);
          const values = Object.values(levels);
          const strong = values.filter((value) => value > 0).length;
          const day = new Date(at).toLocaleDateString("en-US", { dateStyle: "medium" });
          const title = found?.title ?? interview.design;
          const item = element("li", `${day}: ${title}, ${time(seconds)}, ${strong} of ${many(values.length, "dimension")} at senior level or above `);
          if (found && scores) { // older interviews kept no more than their levels
            const button = element("button", "Report", { type: "button", ariaLabel: `Report of ${day}: ${title}` });
            button.addEventListener("click", () => enter({ ...interview, before: seconds, stage: "report" }));
            item.append(button);
          }
          return item;
        }),
      );
    }

    for (const button of root.querySelectorAll("[data-design]")) {
      button.addEventListener("click", () => enter({ design: button.dataset.design, since: Date.now() }));
    }

    showHistory();
    const kept = tab.read();
    if (kept) await enter(kept);
    else show("choose");
    root.dataset.ready = "yes";
  }

  document.querySelectorAll("[data-mock]").forEach(start);
}

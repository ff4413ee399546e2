// A worked design as a timed interview. Clock and rubric are the tables of the design's page; the
// interview lives in sessionStorage until it is over, and its scores then go to the store.

"use strict";

{
  const { loadIndex, loadPage, open } = window.conceptPractice;
  const INTERVIEW = "conceptbook:interview";
  const SCORES = ["Missed", "Partly", "Had it"];

  function element(tag, text = "", properties = {}) {
    return Object.assign(document.createElement(tag), { textContent: text }, properties);
  }

  const html = (tag, text) => Object.assign(document.createElement(tag), { innerHTML: text });

  const plain = (text) => html("div", text).textContent.trim();

  const time = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

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
    group.append(element("legend", legend));
    labels.forEach((label, value) => {
      const chip = element("label", "", { className: "chip" });
      const input = element("input", "", { type: "radio", name, value, checked: value === chosen });
      input.addEventListener("change", () => onChoose(value));
      chip.append(input, label instanceof Node ? label : element("span", label));
      group.append(chip);
    });
    return group;
  }

  async function start(root) {
    const $ = (name) => root.querySelector(`[data-${name}]`);
    const folder = root.dataset.root;
    const views = [...root.querySelectorAll("[data-view]")];

    function tell(sentence) {
      $("notice").textContent = sentence;
      $("notice").hidden = false;
    }

    function show(name, focus) {
      for (const view of views) view.hidden = view.dataset.view !== name;
      focus?.focus();
    }

    let index;
    try {
      index = await loadIndex(folder);
    } catch {
      tell("The designs cannot be loaded. Check the connection and reload this page.");
      return;
    }
    const store = await open(index.title, { onChange: showHistory, onTrouble: tell });

    let state = null; // design, before (seconds), since (ms, null in a pause), scores, levels, notes, done
    let design; // its page in the index
    let page; // its tables
    let clock;
    let current = -1; // the row of the clock now running

    const elapsed = () => state.before + (state.since === null ? 0 : (Date.now() - state.since) / 1000);
    const total = () => clock.at(-1).to * 60;

    function keep() {
      try {
        if (state) sessionStorage.setItem(INTERVIEW, JSON.stringify(state));
        else sessionStorage.removeItem(INTERVIEW);
      } catch {
        // without it a reload ends the interview
      }
    }

    async function enter(next) {
      design = index.pages.find((entry) => entry.slug === next.design);
      try {
        page = design && (await loadPage(folder, design.slug));
      } catch {
        tell("The design cannot be loaded. Check the connection.");
      }
      if (!page) return show("choose");
      state = next;
      clock = readClock(page.clock);
      current = -1;
      $("title").textContent = design.title;
      $("opening").textContent = `You have ${clock.at(-1).to} minutes. Begin with what you would ask.`;
      $("total").textContent = `of ${time(total())}`;
      $("notes").value = state.notes;
      if (state.done) return score();
      tick();
      show("interview", $("title"));
      keep();
    }

    // --- The clock --------------------------------------------------------------------------------

    function showCheckpoints() {
      $("checkpoints").replaceChildren(
        ...clock.map((row, number) => {
          const item = element("li");
          item.append(element("p", `Minutes ${row.minutes}`, { className: "mock-minutes" }));
          if (number < current) {
            item.className = "past";
            row.cells.forEach((cell, column) => {
              const line = html("p", cell);
              line.prepend(element("strong", `${plain(page.clock.head[column + 1])}: `));
              item.append(line);
            });
            item.append(
              radios(`checkpoint-${number}`, "You", SCORES, state.scores[number], (value) => {
                state.scores[number] = value;
                keep();
              }),
            );
          } else if (number === current) {
            item.className = "current";
            item.setAttribute("aria-current", "step");
            const peek = element("details");
            peek.append(element("summary", plain(page.clock.head.at(-1))), html("p", row.cells.at(-1)));
            item.append(peek);
          }
          return item;
        }),
      );
    }

    function tick() {
      const seconds = elapsed();
      $("clock").textContent = time(seconds);
      root.querySelector("progress").value = Math.min(1, seconds / total());
      $("pause").textContent = state.since === null ? "Go on" : "Pause";
      const row = clock.findIndex(({ to }) => seconds < to * 60);
      const now = row === -1 ? clock.length : row;
      if (now !== current) {
        if (current !== -1) {
          $("phase").textContent = now < clock.length ? `Minutes ${clock[now].minutes} begin; score the last.` : "Time is over.";
        }
        current = now;
        showCheckpoints();
      }
    }
    setInterval(() => state && !state.done && tick(), 500);

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
      Object.assign(state, { before: elapsed(), since: null, done: true });
      score();
    });

    // --- The score --------------------------------------------------------------------------------

    function score() {
      const columns = page.rubric.head.slice(1).map(plain);
      $("rubric").replaceChildren(
        ...page.rubric.rows.map(([dimension, ...cells], number) => {
          const labels = cells.map((cell, column) => {
            const label = html("span", cell);
            for (const link of label.querySelectorAll("a")) link.replaceWith(...link.childNodes);
            label.prepend(element("strong", `${columns[column]} `));
            return label;
          });
          const name = plain(dimension);
          return radios(`dimension-${number}`, name, labels, state.levels[name], (value) => {
            state.levels[name] = value;
            keep();
          });
        }),
      );
      show("score", root.querySelector("#mock-score"));
      keep();
    }

    $("report-now").addEventListener("click", async () => {
      const rows = page.rubric.rows.map(([dimension]) => plain(dimension));
      const open = rows.findIndex((name) => state.levels[name] === undefined);
      if (open !== -1) {
        tell(`Score “${rows[open]}” first.`);
        root.querySelector(`[name=dimension-${open}]`).focus();
        return;
      }
      $("notice").hidden = true;
      const report = write(state);
      const { levels, design: slug } = state;
      const seconds = Math.round(state.before);
      state = null;
      keep();
      await store.add("interviews", { design: slug, at: Date.now(), seconds, levels });
      showHistory();
      showReport(report);
    });

    // What the report says, as data: both the page and the Markdown are made of it.
    function write({ before, scores, levels, notes }) {
      const columns = page.rubric.head.slice(1).map(plain);
      const dimensions = page.rubric.rows.map(([dimension, ...cells]) => {
        const name = plain(dimension);
        return { name, level: levels[name], label: columns[levels[name]], cells };
      });
      const missed = clock.filter((_, number) => (scores[number] ?? 0) === 0 && number < current);
      const pages = new Map();
      for (const { name, level, cells } of dimensions) {
        if (level === columns.length - 1) continue;
        const links = linked(cells, index.pages);
        for (const to of links.length ? links : [design]) {
          const href = `${to.name}.html`;
          if (!pages.has(href)) pages.set(href, { title: to.title, why: [] });
          pages.get(href).why.push(name);
        }
      }
      for (const [name, title, reason] of design.related ?? []) {
        const href = `${name}.html`;
        if (!pages.has(href)) pages.set(href, { title, why: [reason] });
      }
      return { title: design.title, seconds: before, total: total(), dimensions, missed, pages, notes };
    }

    let shown = null;

    function showReport(report) {
      shown = report;
      const box = $("report");
      const table = element("table", "", { className: "table" });
      const body = element("tbody");
      for (const { name, label } of report.dimensions) {
        const row = element("tr");
        row.append(element("th", name, { scope: "row" }), element("td", label));
        body.append(row);
      }
      table.append(body);
      const parts = [
        element("p", `${report.title}, ${time(report.seconds)} of ${time(report.total)}.`),
        table,
      ];
      if (report.missed.length) {
        parts.push(element("h3", "Checkpoints missed, or not scored"));
        const list = element("ul");
        for (const row of report.missed) list.append(html("li", `${row.minutes}: ${row.cells.at(-1)}`));
        parts.push(list);
      }
      if (report.pages.size) {
        parts.push(element("h3", "Read next"));
        const list = element("ul");
        for (const [href, { title, why }] of report.pages) {
          const item = element("li");
          item.append(element("a", title, { href: folder + href }), `: ${why.join(", ")}`);
          list.append(item);
        }
        parts.push(list);
      }
      box.replaceChildren(...parts);
      show("report", root.querySelector("#mock-report"));
    }

    function markdown(report) {
      const link = (href) => new URL(folder + href, location.href).href;
      return [
        `# ${report.title}`,
        `${time(report.seconds)} of ${time(report.total)}`,
        report.dimensions.map(({ name, label }) => `- ${name}: ${label}`).join("\n"),
        report.missed.length && `## Checkpoints missed, or not scored\n\n${report.missed.map((row) => `- ${row.minutes}: ${plain(row.cells.at(-1))}`).join("\n")}`,
        report.pages.size && `## Read next\n\n${[...report.pages].map(([href, { title, why }]) => `- [${title}](${link(href)}): ${why.join(", ")}`).join("\n")}`,
        report.notes.trim() && `## Notes\n\n${report.notes.trim()}`,
      ]
        .filter(Boolean)
        .join("\n\n");
    }

    $("copy").addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(markdown(shown));
        $("copied").textContent = "Copied.";
      } catch {
        $("copied").textContent = "This browser does not allow it: download the file.";
      }
    });
    $("download").addEventListener("click", () => {
      const url = URL.createObjectURL(new Blob([markdown(shown)], { type: "text/markdown" }));
      element("a", "", { href: url, download: "mock-interview.md" }).click();
      setTimeout(() => URL.revokeObjectURL(url), 1000);
    });
    $("again").addEventListener("click", () => show("choose", root.querySelector("[data-design]")));

    // --- Choose -----------------------------------------------------------------------------------

    function showHistory() {
      const past = store.interviews().reverse();
      $("history").hidden = past.length === 0;
      $("history-list").replaceChildren(
        ...past.slice(0, 10).map(({ design: slug, at, seconds, levels }) => {
          const title = index.pages.find((entry) => entry.slug === slug)?.title ?? slug;
          const values = Object.values(levels);
          const strong = values.filter((value) => value > 0).length;
          const day = new Date(at).toLocaleDateString("en-US", { dateStyle: "medium" });
          return element("li", `${day}: ${title}, ${time(seconds)}, ${strong} of ${values.length} dimensions at senior level or above`);
        }),
      );
    }

    for (const button of root.querySelectorAll("[data-design]")) {
      button.addEventListener("click", () =>
        enter({ design: button.dataset.design, before: 0, since: Date.now(), scores: {}, levels: {}, notes: "", done: false }),
      );
    }

    showHistory();
    let kept = null;
    try {
      kept = JSON.parse(sessionStorage.getItem(INTERVIEW));
    } catch {
      // blocked or not ours: begin anew
    }
    if (kept) await enter(kept);
    else show("choose");
    root.dataset.ready = "yes";
  }

  document.querySelectorAll("[data-mock]").forEach(start);
}

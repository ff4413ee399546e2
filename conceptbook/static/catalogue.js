// The catalogue's filters. The cards are in the page already; this shows the ones that match,
// counts what each further choice would leave, and keeps the view in the address.

"use strict";

{
  const { matchesAll, readChosen, remember, showCounts, toSearch, writeChosen } = window.conceptFilters;

  const GROUPS = ["domain", "progress", "status", "evidence", "tag"];
  const marks = window.conceptMarks;

  const fold = (text) => text.toLowerCase().normalize("NFKD").replace(/\p{Diacritic}/gu, "");

  // A card holds what is written on it, split into the words that typing can match.
  function readCard(element) {
    const text = fold(`${element.textContent} ${element.dataset.aliases}`);
    const values = Object.fromEntries(
      GROUPS.map((group) => [group, new Set(element.dataset[group]?.split(" ").filter(Boolean))]),
    );
    return { element, text, values };
  }

  // What the reader made of a page: a value of its card, and a word on it.
  function readMark({ element, values }) {
    const place = element.querySelector("[data-mark]");
    if (!place) return; // not written, so not read
    const mark = marks.get(element.dataset.slug);
    values.progress = new Set([mark]);
    element.dataset.state = mark;
    place.textContent = marks.LABELS[mark] ?? "";
  }

  // Every typed word must begin a word of the card.
  function matchesText(card, words) {
    return words.every((word) => card.text.startsWith(word) || card.words.some((w) => w.startsWith(word)));
  }

  const readState = (form) => ({ query: form.elements.q.value.trim(), chosen: readChosen(form, GROUPS) });

  const stateToSearch = ({ query, chosen }) => toSearch(chosen, query);

  function searchToForm(form, search) {
    const parameters = new URLSearchParams(search);
    form.elements.q.value = parameters.get("q") ?? "";
    writeChosen(form, parameters);
  }

  // The editor of the forge takes the new page's text from the address.
  function startUrl(href, card, templates) {
    const { slug, domain, tag, evidence, related = "" } = card.dataset;
    const definition = card.querySelector(".tile-summary").textContent.trim();
    const title = card.querySelector(".tile-title").textContent.trim();
    const names = related.split(" ").filter(Boolean);
    const text = (templates[domain] ?? "")
      .replace('"DEFINITION"', () => JSON.stringify(definition))
      .replace('"TITLE"', () => JSON.stringify(title))
      .replace("  RELATED: say why one would go there", () => names.map((name) => `  ${name}: say why one would go there`).join("\n"))
      .replaceAll("DEFINITION", () => definition)
      .replaceAll("TITLE", () => title)
      .replaceAll("TAGS", () => tag.split(" ").join(", "))
      .replaceAll("EVIDENCE", () => evidence)
      .replaceAll("SLUG", () => slug.replaceAll("-", "_"));
    const url = new URL(href);
    url.searchParams.set("value", text);
    return url.href;
  }

  function start(root) {
    const form = root.querySelector("form");
    const status = root.querySelector("[data-shown]");
    const empty = root.querySelector("[data-empty]");
    const reset = root.querySelector("[data-reset]");
    const templates = JSON.parse(root.querySelector("[data-templates]").textContent);
    const cards = [...root.querySelectorAll(".tile")].map(readCard);
    for (const card of cards) card.words = card.text.split(/[^\p{L}\p{N}]+/u);
    cards.forEach(readMark);
    const total = cards.length;

    function show() {
      const state = readState(form);
      const words = fold(state.query).split(/\s+/).filter(Boolean);
      const byText = cards.filter((card) => matchesText(card, words));
      const shown = new Set(byText.filter((card) => matchesAll(card, GROUPS, state.chosen)));
      for (const card of cards) card.element.hidden = !shown.has(card);
      showCounts(form, GROUPS, byText, state.chosen);
      const folded = form.querySelectorAll("details input:checked").length;
      form.querySelector("[data-chosen]").textContent = folded ? `(${folded} chosen)` : "";
      status.textContent =
        shown.size === total ? `${total} concepts` : `${shown.size} of ${total} concepts`;
      empty.hidden = shown.size > 0;
      reset.hidden = shown.size === total && !stateToSearch(state);
      return state;
    }

    function clear() {
      searchToForm(form, "");
      remember(stateToSearch(show()), true);
      form.elements.q.focus();
    }

    form.addEventListener("input", (event) => remember(stateToSearch(show()), event.target.type === "checkbox"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      document.dispatchEvent(new CustomEvent("search:open", { detail: form.elements.q.value }));
    });
    form.addEventListener("reset", (event) => {
      event.preventDefault();
      clear();
    });
    root.querySelector("[data-clear]").addEventListener("click", clear);
    for (const button of root.querySelectorAll("[data-search-open]")) {
      button.addEventListener("click", () =>
        document.dispatchEvent(new CustomEvent("search:open", { detail: form.elements.q.value })),
      );
    }
    root.addEventListener("click", (event) => {
      const link = event.target.closest(".tile-start");
      if (link && !link.dataset.filled) {
        link.href = startUrl(link.href, link.closest(".tile"), templates);
        link.dataset.filled = "yes";
      }
    });
    addEventListener("popstate", () => {
      searchToForm(form, location.search);
      show();
    });
    marks.onChange(() => {
      cards.forEach(readMark);
      show();
    });

    searchToForm(form, location.search);
    if (form.querySelector("details input:checked")) form.querySelector("details").open = true;
    show();
    // Where typing needs no on-screen keyboard, the field has the focus of the page.
    if (matchMedia("(hover: hover) and (pointer: fine)").matches && !location.hash) {
      form.elements.q.focus({ preventScroll: true });
    }
  }

  document.querySelectorAll("[data-catalogue]").forEach(start);
}

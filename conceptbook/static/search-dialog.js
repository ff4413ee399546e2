// The search as a reader sees it: in a dialog over any page, or as a page of its own.

import { Engine, QUERY_LENGTH, tokens } from "./search-engine.js";

const PAGES = 8; // pages shown at first, and added by each "more"
const SECTIONS = 3; // best sections shown of each page
const RECENT_KEY = "search:recent";
const FILTERS = { domain: "Domain", evidence: "Evidence", tag: "Tag" };
const TAGS = 10; // tag chips at most: those that most results have

// --- Small helpers --------------------------------------------------------------------------

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(key, "");
    else if (value !== false && value != null) node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

// Pagefind escapes an excerpt's text and puts <mark> around what matched; nothing else is let in.
function excerpt(marked) {
  const parsed = new DOMParser().parseFromString(marked, "text/html").body;
  const node = element("p", { class: "excerpt" });
  for (const child of parsed.childNodes) {
    const text = child.textContent;
    node.append(child.nodeName === "MARK" ? element("mark", {}, text) : text);
  }
  return node;
}

// What a reader looked for stays in this browser; without storage nothing is remembered.
const recent = {
  read() {
    try {
      const stored = JSON.parse(localStorage.getItem(RECENT_KEY));
      return Array.isArray(stored) ? stored.filter((entry) => typeof entry === "string").slice(0, 6) : [];
    } catch {
      return [];
    }
  },
  write(queries) {
    try {
      localStorage.setItem(RECENT_KEY, JSON.stringify(queries.slice(0, 6)));
    } catch {
      // Storage is full or blocked.
    }
  },
  add(query) {
    if (query) this.write([query, ...this.read().filter((other) => other !== query)]);
  },
};

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

// The sections of a page that hold most of what was looked for, in reading order.
function bestSections(page) {
  const sections = page.sub_results.filter((section) => section.url.includes("#"));
  const weight = (section) => sum((section.weighted_locations ?? []).map((place) => place.balanced_score));
  const best = [...sections].sort((a, b) => weight(b) - weight(a)).slice(0, SECTIONS);
  return sections.filter((section) => best.includes(section));
}

function withHighlight(url, words) {
  const address = new URL(url, location.href);
  for (const word of words) address.searchParams.append("highlight", word);
  return address.href;
}

// --- The interface ----------------------------------------------------------------------------

class Search {
  constructor(root, { inDialog }) {
    this.root = root;
    this.engine = new Engine(root);
    this.chosen = { domain: new Set(), evidence: new Set(), tag: new Set() };
    this.turn = 0;
    this.input = element("input", {
      type: "search", placeholder: "Search concepts, sections, questions", "aria-label": "Search the book",
      autocomplete: "off", autocapitalize: "off", spellcheck: "false", maxlength: QUERY_LENGTH, enterkeyhint: "go",
    });
    this.status = element("p", { class: "search-status", role: "status", "aria-live": "polite" });
    this.filters = element("div");
    this.list = element("ol", { class: "search-results" });
    this.more = element("button", { type: "button", hidden: true }, "More results");
    this.suggestions = element("div", { class: "search-suggestions" });
    this.head = element("div", { class: "search-head" }, this.input);
    this.body = element("div", { class: "search-body" }, this.filters, this.status, this.list, this.more, this.suggestions);
    this.node = element("div", { class: "search-ui" + (inDialog ? "" : " search-page"), role: "search" }, this.head, this.body);
    this.input.addEventListener("input", () => this.soon());
    this.more.addEventListener("click", () => this.showMore());
    this.node.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("click", (event) => event.target.closest("a") && recent.add(this.query));
  }

  get query() {
    return this.input.value.trim();
  }

  // Wait for a pause in typing; a new search makes the older one's answer void.
  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.run(), 120);
  }

  async run() {
    const turn = ++this.turn;
    if (!tokens(this.query).length) {
      this.clear();
      this.showRecent();
      return;
    }
    const filters = Object.fromEntries(
      Object.entries(this.chosen).filter(([, values]) => values.size).map(([name, values]) => [name, { any: [...values] }]),
    );
    let found;
    try {
      found = await this.engine.search(this.query, filters);
    } catch {
      if (turn !== this.turn) return;
      this.clear();
      this.status.textContent = "The search could not be loaded. Check the connection and type again.";
      this.engine = new Engine(this.root);
      return;
    }
    if (turn !== this.turn) return;
    this.found = found;
    this.shown = 0;
    this.list.replaceChildren();
    this.suggestions.replaceChildren();
    this.showFilters(found.filters ?? {});
    await this.showMore(turn);
    if (turn !== this.turn) return;
    this.announce();
    if (!found.results.length) await this.suggest(turn);
    this.onSearch?.(this.query);
  }

  clear() {
    this.list.replaceChildren();
    this.filters.replaceChildren();
    this.suggestions.replaceChildren();
    this.status.textContent = "";
    this.more.hidden = true;
  }

  announce() {
    const { results, corrected, some } = this.found;
    const count = results.length === 1 ? "1 page" : `${results.length || "No"} pages`;
    const query = corrected ?? this.query;
    const shown = query.length > 60 ? `${query.slice(0, 60)}…` : query;
    const how = some && results.length ? "with some of the words of" : "for";
    this.status.textContent = `${count} ${how} “${shown}”` + (corrected ? `, spelled as the book does` : "");
  }

  async showMore(turn = this.turn) {
    const next = this.found.results.slice(this.shown, this.shown + PAGES);
    const pages = await Promise.all(next.map((result) => result.data()));
    if (turn !== this.turn) return;
    const first = pages.map((page) => this.list.appendChild(this.item(page)))[0];
    if (this.shown) first?.querySelector("a").focus();
    this.shown += next.length;
    this.more.hidden = this.shown >= this.found.results.length;
  }

  item(page) {
    const title = element("span", { class: "page" }, page.meta.title);
    if (page.meta.domain) title.append(element("span", { class: "where" }, page.meta.domain));
    const sections = bestSections(page);
    const link = element("a", { href: withHighlight(page.url, this.found.words) }, title);
    link.append(page.meta.summary ? element("p", {}, page.meta.summary) : excerpt(page.excerpt));
    const item = element("li", { "data-domain": page.meta.folder }, link);
    if (sections.length) item.append(element("ul", {}, ...sections.map((section) => this.section(section))));
    return item;
  }

  section(section) {
    const href = withHighlight(section.url, this.found.words);
    const title = element("span", { class: "section" }, section.title);
    return element("li", {}, element("a", { href }, title, excerpt(section.excerpt)));
  }

  showFilters(counts) {
    const focused = document.activeElement?.dataset?.choice;
    this.filters.replaceChildren();
    for (const [name, label] of Object.entries(FILTERS)) {
      let values = Object.entries(counts[name] ?? {}).filter(([value, count]) => count || this.chosen[name].has(value));
      if (name === "tag") values = values.sort((a, b) => b[1] - a[1]).slice(0, TAGS);
      if (!values.length) continue;
      const group = element("div", { class: "search-filters", role: "group", "aria-label": label });
      group.append(element("span", { class: "group" }, label));
      for (const [value, count] of values) group.append(this.chip(name, value, count));
      this.filters.append(group);
    }
    if (focused) this.filters.querySelector(`[data-choice="${CSS.escape(focused)}"]`)?.focus();
  }

  chip(name, value, count) {
    const on = this.chosen[name].has(value);
    const chip = element("button", { type: "button", "aria-pressed": String(on), "data-choice": `${name}:${value}` }, `${value} ${count}`);
    chip.addEventListener("click", () => {
      if (on) this.chosen[name].delete(value);
      else this.chosen[name].add(value);
      this.run();
    });
    return chip;
  }

  showRecent() {
    const queries = recent.read();
    if (!queries.length) return;
    const buttons = queries.map((query) => this.suggestion(query, () => this.ask(query)));
    const forget = this.suggestion("Forget these", () => {
      recent.write([]);
      this.suggestions.replaceChildren();
      this.input.focus();
    });
    this.suggestions.replaceChildren(element("h3", {}, "Recent searches"), element("ul", {}, ...buttons, forget));
  }

  suggestion(text, action) {
    const button = element("button", { type: "button" }, text);
    button.addEventListener("click", action);
    return element("li", {}, button);
  }

  ask(query) {
    this.input.value = query;
    this.input.focus();
    this.run();
  }

  // Nothing was found: without filters, with fewer words, or among the pages that are planned?
  async suggest(turn) {
    const parts = [];
    if (Object.values(this.chosen).some((values) => values.size)) {
      parts.push(element("h3", {}, "With these filters there is nothing"));
      parts.push(element("ul", {}, this.suggestion("Search without filters", () => this.unfilter())));
    } else if (this.found.words.length > 1) {
      parts.push(element("h3", {}, "Try one word of it"));
      const words = [...new Set(this.found.words)].slice(0, 5);
      parts.push(element("ul", {}, ...words.map((word) => this.suggestion(word, () => this.ask(word)))));
    }
    const planned = await this.planned();
    if (turn !== this.turn) return;
    if (planned.length) {
      parts.push(element("h3", {}, "Planned, not written yet"));
      const home = new URL("index.html", this.root);
      const links = planned.map(({ title }) => {
        home.search = new URLSearchParams({ q: title, status: "planned" });
        return element("li", {}, element("a", { href: home.href }, title));
      });
      parts.push(element("ul", {}, ...links));
    }
    const all = element("a", { href: new URL("index.html", this.root).href }, "See every concept");
    this.suggestions.replaceChildren(...parts, element("p", {}, all));
  }

  async planned() {
    this.plans ??= fetch(new URL("pagefind/planned.json", this.root)).then((answer) => (answer.ok ? answer.json() : []));
    const words = this.found.words.filter((word) => word.length > 2);
    const plans = await this.plans.catch(() => []);
    return plans.filter(({ title }) => words.some((word) => title.toLowerCase().includes(word))).slice(0, 5);
  }

  unfilter() {
    for (const values of Object.values(this.chosen)) values.clear();
    this.input.focus();
    this.run();
  }

  // Arrows walk through the results, Enter in the field opens the first, letters go on typing.
  key(event) {
    const links = [...this.list.querySelectorAll("a")];
    const at = links.indexOf(document.activeElement);
    if (event.key === "ArrowDown" && links.length) links[Math.min(at + 1, links.length - 1)].focus();
    else if (event.key === "ArrowUp" && at >= 0) (at ? links[at - 1] : this.input).focus();
    else if (event.key === "Enter" && event.target === this.input) this.openFirst();
    else if (at >= 0 && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey && event.key !== " ") {
      this.input.focus(); // the key itself then goes into the field
      return;
    } else return;
    event.preventDefault();
  }

  async openFirst() {
    clearTimeout(this.timer);
    await this.run();
    this.list.querySelector("a")?.click();
  }
}

export function createDialog(root) {
  const search = new Search(root, { inDialog: true });
  const close = element("button", { type: "button" }, "Close");
  search.head.append(close);
  const hints = element("div", { class: "search-hints", "aria-hidden": "true" }, element("span", {}, "↑ ↓ to walk"), element("span", {}, "Enter to open"), element("span", {}, "Esc to close"));
  const dialog = element("dialog", { class: "search", "aria-label": "Search" }, search.node, hints);
  search.node.style.display = "contents";
  document.body.append(dialog);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  // A result on this very page leaves it open otherwise.
  search.list.addEventListener("click", (event) => event.target.closest("a") && dialog.close());
  return {
    open(query) {
      if (!dialog.open) dialog.showModal();
      if (query) search.input.value = query;
      search.input.focus();
      search.input.select();
      search.engine.start().catch(() => {});
      search.run();
    },
  };
}

export function createPage(root, place) {
  const search = new Search(root, { inDialog: false });
  place.append(search.node);
  search.input.value = new URLSearchParams(location.search).get("q") ?? "";
  search.onSearch = (query) => history.replaceState(null, "", query ? `?${new URLSearchParams({ q: query })}` : location.pathname);
  search.input.focus();
  search.run();
}

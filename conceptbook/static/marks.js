// What a reader makes of each page: unread, to revisit, known. Kept in localStorage, one entry a
// page, so that two tabs never overwrite each other's; where that is blocked, until the page closes.

"use strict";

{
  const { book, moved } = document.body.dataset;
  const PREFIX = `conceptbook:${book}:mark:`;
  const MARKS = ["unread", "revisit", "known"];
  const LABELS = { revisit: "To revisit", known: "Known" }; // as cards and paths say it
  const memory = new Map(); // what localStorage did not take

  function read(key) {
    if (memory.has(key)) return memory.get(key);
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  }

  function write(key, text) {
    try {
      localStorage.setItem(key, text);
      memory.delete(key);
    } catch {
      memory.set(key, text); // private mode, or no room left
    }
  }

  function remove(key) {
    memory.delete(key);
    try {
      localStorage.removeItem(key);
    } catch {
      // blocked: nothing was stored
    }
  }

  function parse(text) {
    try {
      const entry = JSON.parse(text);
      return MARKS.includes(entry?.mark) && Number.isFinite(entry.at) ? entry : null;
    } catch {
      return null;
    }
  }

  function keys() {
    let stored = [];
    try {
      stored = Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
    } catch {
      // blocked: what the memory holds is all there is
    }
    return [...new Set([...stored, ...memory.keys()])];
  }

  // All marks that were ever set: {slug: {mark, at}}, `at` in milliseconds.
  function all() {
    const entries = keys().map((key) => [key.slice(PREFIX.length), parse(read(key))]);
    return Object.fromEntries(entries.filter(([, entry]) => entry));
  }

  const get = (slug) => parse(read(PREFIX + slug))?.mark ?? "unread";

  const set = (slug, mark, at = Date.now()) => write(PREFIX + slug, JSON.stringify({ mark, at }));

  // Of two marks of a page the later one holds. Returns how many were taken.
  function merge(marks) {
    const known = all();
    const later = Object.entries(marks).filter(([slug, { at }]) => !(known[slug]?.at >= at));
    for (const [slug, { mark, at }] of later) set(slug, mark, at);
    return later.length;
  }

  const clear = () => keys().forEach(remove);

  // Calls back when another tab sets a mark, and when the page returns from the browser's cache.
  function onChange(callback) {
    addEventListener("storage", ({ key }) => (key === null || key.startsWith(PREFIX)) && callback());
    addEventListener("pageshow", ({ persisted }) => persisted && callback());
  }

  // A page that moved keeps its mark.
  for (const [old, now] of Object.entries(JSON.parse(moved ?? "{}"))) {
    const entry = parse(read(PREFIX + old));
    if (entry) merge({ [now]: entry });
    remove(PREFIX + old);
  }

  window.conceptMarks = { LABELS, MARKS, all, clear, get, isBlocked: () => memory.size > 0, merge, onChange, set };
}

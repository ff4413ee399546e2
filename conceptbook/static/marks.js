// What a reader makes of each page: unread, to revisit, known. Kept in localStorage, one entry a
// page, so that two tabs never overwrite each other's; where that is blocked, until the tab closes.

"use strict";

{
  const PREFIX = "conceptbook:mark:";
  const MARKS = ["unread", "revisit", "known"];
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

  // Of two marks of a page the later one holds.
  function merge(marks) {
    const known = all();
    for (const [slug, { mark, at }] of Object.entries(marks)) {
      if (!(known[slug]?.at >= at)) set(slug, mark, at);
    }
  }

  function clear() {
    for (const key of keys()) {
      try {
        localStorage.removeItem(key);
      } catch {
        // blocked: nothing was stored
      }
    }
    memory.clear();
  }

  // Calls back when another tab sets a mark, and when the page returns from the browser's cache.
  function onChange(callback) {
    addEventListener("storage", ({ key }) => (key === null || key.startsWith(PREFIX)) && callback());
    addEventListener("pageshow", ({ persisted }) => persisted && callback());
  }

  window.conceptMarks = { MARKS, all, clear, get, isBlocked: () => memory.size > 0, merge, onChange, set };
}

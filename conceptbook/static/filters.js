// What the filters of the catalogue, of the map and of practice share: chips that are chosen, counted, and
// kept in the address. No modules here nor in what uses this: a browser loads none from a file, and
// the book is also read as a folder of files.

"use strict";

{
  function readChosen(form, groups) {
    const chosen = Object.fromEntries(groups.map((group) => [group, new Set()]));
    for (const box of form.querySelectorAll("input[type=checkbox]:checked")) chosen[box.name].add(box.value);
    return chosen;
  }

  function writeChosen(form, parameters) {
    for (const box of form.querySelectorAll("input[type=checkbox]")) {
      box.checked = parameters.getAll(box.name).includes(box.value);
    }
  }

  // An item holds the values that it has of each group.
  const matches = (item, group, chosen) =>
    chosen[group].size === 0 || [...chosen[group]].some((value) => item.values[group].has(value));

  const matchesAll = (item, groups, chosen) => groups.every((group) => matches(item, group, chosen));

  // Beside each chip: how many items would show if it were chosen within its group.
  function showCounts(form, groups, items, chosen) {
    for (const group of groups) {
      const others = groups.filter((other) => other !== group);
      const candidates = items.filter((item) => matchesAll(item, others, chosen));
      for (const box of form.querySelectorAll(`input[name=${group}]`)) {
        const count = candidates.filter((item) => item.values[group].has(box.value)).length;
        const label = box.closest("label");
        label.querySelector("[data-count]").textContent = count;
        label.classList.toggle("none", count === 0 && !box.checked);
      }
    }
  }

  function toSearch(chosen, query = "") {
    const parameters = new URLSearchParams();
    if (query) parameters.set("q", query);
    for (const [group, values] of Object.entries(chosen)) for (const value of values) parameters.append(group, value);
    const search = parameters.toString();
    return search ? `?${search}` : "";
  }

  // Typing rewrites the address in place; a click is a step that the back button undoes.
  function remember(search, step) {
    if (search === location.search) return;
    const address = location.pathname + search + location.hash;
    if (step) history.pushState(null, "", address);
    else history.replaceState(null, "", address);
  }

  window.conceptFilters = { matchesAll, readChosen, remember, showCounts, toSearch, writeChosen };
}

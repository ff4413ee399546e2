// Shows and keeps a reader's marks: on the foot of a concept page, and on suggested paths.

"use strict";

{
  const marks = window.conceptMarks;
  const LABELS = { revisit: "To revisit", known: "Known" };

  function showFoot(strip) {
    const chosen = marks.get(strip.dataset.progress);
    for (const box of strip.querySelectorAll("input[name=mark]")) box.checked = box.value === chosen;
  }

  function showPath(path) {
    const items = [...path.querySelectorAll("li[data-slug]")];
    for (const item of items) {
      const mark = marks.get(item.dataset.slug);
      item.dataset.state = mark;
      item.querySelector("[data-mark]").textContent = LABELS[mark] ?? "";
    }
    const known = items.filter((item) => item.dataset.state === "known").length;
    path.querySelector("[data-path-done]").textContent = `${known} of ${items.length} known.`;
  }

  function show() {
    document.querySelectorAll("[data-progress]").forEach(showFoot);
    document.querySelectorAll("[data-path]").forEach(showPath);
  }

  for (const strip of document.querySelectorAll("[data-progress]")) {
    strip.addEventListener("change", ({ target }) => {
      marks.set(strip.dataset.progress, target.value);
      strip.classList.toggle("unsaved", marks.isBlocked());
    });
  }
  marks.onChange(show);
  show();
}

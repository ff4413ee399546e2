// Shows and keeps a reader's marks: on the foot of a concept page, and on suggested paths.

"use strict";

{
  const marks = window.conceptMarks;

  function showFoot(strip) {
    const chosen = marks.get(strip.dataset.progress);
    for (const box of strip.querySelectorAll("input[name=mark]")) box.checked = box.value === chosen;
  }

  function showPath(path) {
    const items = [...path.querySelectorAll("li[data-slug]")];
    for (const item of items) {
      const mark = marks.get(item.dataset.slug);
      item.dataset.state = mark;
      item.querySelector("[data-mark]").textContent = marks.LABELS[mark] ?? "";
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
      strip.querySelector("[data-mark-status]").textContent = marks.isBlocked()
        ? "This browser does not keep it: the mark is gone when this page closes."
        : "";
    });
  }
  marks.onChange(show);
  show();
}

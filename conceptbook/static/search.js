// Opens the search: by its buttons, by "/" and by Ctrl or Cmd + K. What it takes is loaded then.
// On a page that a search led to, marks the words that it was found by. Where the book is a folder of
// files, a browser loads neither modules nor the index, and another dialog says what there is.

"use strict";

{
  const root = new URL(document.documentElement.dataset.content_root ?? "./", location.href);
  const here = document.currentScript.src;
  let dialog;

  // A classic script, which a browser also loads from a file; it leaves what it has in the window.
  function unserved() {
    return new Promise((resolve) => {
      const script = document.createElement("script");
      script.src = new URL("search-unserved.js", here);
      script.addEventListener("load", () => resolve(window.searchUnserved));
      document.head.append(script);
    });
  }

  const load = () => (location.protocol === "file:" ? unserved() : import("./search-dialog.js"));

  async function open(query = "") {
    dialog ??= load().then(({ createDialog }) => createDialog(root));
    (await dialog).open(query);
  }

  const typing = (element) =>
    element?.isContentEditable || /^(input|textarea|select)$/i.test(element?.tagName ?? "");

  document.addEventListener("search:open", (event) => open(event.detail));

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("a[data-search-open]");
    if (!opener || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });

  // In the capture phase: the theme has a shortcut of its own on the same keys.
  document.addEventListener(
    "keydown",
    (event) => {
      const slash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey;
      const command = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey;
      if (!(command || (slash && !typing(event.target)))) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      open();
    },
    true,
  );

  // --- The words that a result was found by ------------------------------------------------------

  // Mark the words below the heading that the address names, or everywhere without one.
  function markWords(words) {
    const section = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const scope = section ?? document.querySelector("article");
    const ranges = [];
    const walker = document.createTreeWalker(scope, NodeFilter.SHOW_TEXT);
    const pattern = new RegExp(words.map((word) => word.replace(/[^\p{L}\p{N}]/gu, "\\$&")).join("|"), "giu");
    for (let node = walker.nextNode(); node && ranges.length < 500; node = walker.nextNode()) {
      for (const match of node.data.matchAll(pattern)) {
        const range = new Range();
        range.setStart(node, match.index);
        range.setEnd(node, match.index + match[0].length);
        ranges.push(range);
      }
    }
    CSS.highlights.set("search", new Highlight(...ranges));
    scope.classList.add("searched");
  }

  function showHighlight() {
    const address = new URL(location.href);
    const words = address.searchParams.getAll("highlight").filter((word) => word.length > 1).slice(0, 20);
    if (!words.length || !CSS.highlights) return;
    const fold = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (fold instanceof HTMLDetailsElement) fold.open = true;
    markWords(words);
    // The address stays the section's own, to copy and to share.
    address.searchParams.delete("highlight");
    history.replaceState(history.state, "", address);
    document.addEventListener("keydown", (event) => event.key === "Escape" && CSS.highlights.clear(), { once: true });
  }

  showHighlight();

  const place = document.querySelector("[data-search-page]");
  if (place) load().then(({ createPage }) => createPage(root, place));
}

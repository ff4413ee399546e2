// The search of a book that is read as a folder of files, where a browser lets no script read an
// index: it says so, and hands the words typed to the catalogue's filter.

"use strict";

{
  const OPEN = "http://localhost:8000/";

  function element(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.append(...children);
    return node;
  }

  function createForm(root) {
    const input = element("input", {
      type: "search", name: "q", placeholder: "Words of a title, summary or tag", "aria-label": "Filter the concepts",
      autocomplete: "off", autocapitalize: "off", spellcheck: "false", maxlength: 200, enterkeyhint: "go",
    });
    const filter = element("button", { type: "submit" }, "Filter the concepts");
    const head = element("form", { class: "search-head", action: new URL("index.html", root).href }, input, filter);
    const reason = element(
      "p", { class: "search-unserved" }, "Full-text search needs a web server: run ",
      element("code", {}, "python -m http.server"), " in the book\u2019s folder and open ", element("a", { href: OPEN }, OPEN), ".",
    );
    const node = element("div", { class: "search-ui", role: "search" }, head, element("div", { class: "search-body" }, reason));
    return { node, head, input };
  }

  function createDialog(root) {
    const { node, head, input } = createForm(root);
    const close = element("button", { type: "button" }, "Close");
    head.append(close);
    const dialog = element("dialog", { class: "search", "aria-label": "Search" }, node);
    document.body.append(dialog);
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    return {
      open(query) {
        if (!dialog.open) dialog.showModal();
        if (query) input.value = query;
        input.focus();
        input.select();
      },
    };
  }

  function createPage(root, place) {
    const { node, input } = createForm(root);
    node.classList.add("search-page");
    place.append(node);
    input.value = new URLSearchParams(location.search).get("q") ?? "";
    input.focus();
  }

  window.searchUnserved = { createDialog, createPage };
}

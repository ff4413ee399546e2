// What the pages of practice share: one view at a time, notices, times, files to take away.

"use strict";

{
  function element(tag, text = "", properties = {}) {
    return Object.assign(document.createElement(tag), { textContent: text }, properties);
  }

  const html = (tag, text, properties = {}) =>
    Object.assign(document.createElement(tag), { innerHTML: text }, properties);

  const many = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

  const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

  function download(text, type, name) {
    const url = URL.createObjectURL(new Blob([text], { type }));
    element("a", "", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }

  const once = (target, type) => new Promise((resolve) => target.addEventListener(type, resolve, { once: true }));

  // Asks before what cannot be undone; the value of the button that was chosen, "" with Escape.
  async function choiceIn(dialog) {
    dialog.returnValue = ""; // Escape leaves the last one
    dialog.showModal();
    await once(dialog, "close");
    return dialog.returnValue;
  }

  // The parts of a page below `root`: elements by their data attribute, views, and notices by subject,
  // so that one that is over does not take another with it.
  function parts(root) {
    const $ = (name) => root.querySelector(`[data-${name}]`);
    const views = [...root.querySelectorAll("[data-view]")];
    const notices = new Map();

    function tell(sentence, subject = "store") {
      if (sentence) notices.set(subject, sentence);
      else notices.delete(subject);
      $("notice").textContent = [...notices.values()].join(" ");
      $("notice").hidden = notices.size === 0;
    }

    function show(name, focus) {
      for (const view of views) view.hidden = view.dataset.view !== name;
      focus?.focus();
    }

    // What `load` gives, however often its reader has to try again; until then there is no view.
    async function insist(load, sentence) {
      try {
        const value = await load();
        tell("", "load");
        return value;
      } catch {
        tell(`${sentence} Check the connection.`, "load");
        show("");
        $("reload").hidden = false;
        await once($("reload"), "click");
        $("reload").hidden = true;
        return insist(load, sentence);
      }
    }

    const isShown = (name) => !views.find((view) => view.dataset.view === name).hidden;

    return { $, insist, isShown, show, tell };
  }

  // What one tab is at, so that a reload goes on with it; nothing where the browser refuses.
  function tabState(name) {
    const key = `conceptbook:${document.body.dataset.book}:${name}`;
    return {
      read() {
        try {
          const value = JSON.parse(sessionStorage.getItem(key));
          return typeof value === "object" ? value : null;
        } catch {
          return null;
        }
      },
      write(value) {
        try {
          if (value) sessionStorage.setItem(key, JSON.stringify(value));
          else sessionStorage.removeItem(key);
        } catch {
          // without it a reload begins anew
        }
      },
    };
  }

  window.conceptPage = { choiceIn, clock, download, element, html, many, parts, tabState };
}

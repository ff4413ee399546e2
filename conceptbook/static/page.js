// What every page does beside the theme: it prints whole, what scrolls can be reached by Tab, and a report
// names the section being read.

"use strict";

// What is printed is the whole page on white paper: answers folded on the screen are open, and the
// dark theme is light for the time being. Afterwards the page is as its reader left it.
{
  const page = document.documentElement;
  let folded = [];
  let theme;

  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll(".bd-article details:not([open])")];
    for (const fold of folded) fold.open = true;
    theme = page.dataset.theme;
    page.dataset.theme = "light";
  });

  addEventListener("afterprint", () => {
    for (const fold of folded) fold.open = false;
    folded = [];
    page.dataset.theme = theme;
  });
}

// A box with more text than it shows is a tab stop, so that keys can scroll it. The theme measures all
// boxes when a page has loaded, also those that no reader may ever see; here each is a stop until
// it is first laid out, near the screen, and then it is one while it scrolls (lean.py stops the
// theme).
{
  const BOXES = "pre, .cell_output > .output, .pst-scrollable-table-container";
  const scrolls = (box) => box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
  const sizes = new ResizeObserver((entries) => {
    const stops = entries.map(({ target }) => [target, scrolls(target)]); // all read, then all written
    for (const [box, stop] of stops) box.tabIndex = stop ? 0 : -1;
  });
  const known = new WeakSet();
  const main = document.getElementById("main-content");
  const watch = () => {
    for (const box of main.querySelectorAll(BOXES)) {
      if (known.has(box)) continue;
      known.add(box);
      box.tabIndex = 0;
      sizes.observe(box);
    }
  };
  if (main) {
    watch();
    new MutationObserver(watch).observe(main, { childList: true, subtree: true });
  }
}

// The banner of an old version, which the theme makes when it has the list of versions, is closed by
// something that no key reaches and that has no name.
{
  const banner = document.getElementById("bd-header-version-warning");
  const mend = () => {
    const close = banner.querySelector("a:not([href], [role])");
    if (!close) return;
    close.setAttribute("role", "button");
    close.setAttribute("aria-label", "Close this notice");
    close.tabIndex = 0;
    close.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      close.click();
    });
  };
  if (banner) new MutationObserver(mend).observe(banner, { childList: true, subtree: true });
}

// A report of a problem names its section (forge.py fills in page and version): what the address leads
// to, while that is on the screen, else the last heading scrolled past. It is looked up before the link
// is used in any way: a pointer may open it elsewhere or copy it, and keys give it the focus first.
{
  const NAME = ":scope > :is(h2, h3, summary)"; // what a section or a question is called
  const link = document.querySelector("a.btn-source-issues-button");

  const led = () => {
    const target = document.querySelector(":target");
    const heading = target?.querySelector(NAME) ?? target?.closest("section")?.querySelector(NAME);
    const box = heading?.getBoundingClientRect();
    return box && box.bottom > 0 && box.top < innerHeight ? heading : null;
  };

  const passed = () =>
    [...document.querySelectorAll(".bd-article :is(h2, h3)")]
      .filter((heading) => heading.getBoundingClientRect().top < innerHeight / 3)
      .at(-1);

  const words = (heading) =>
    [...heading.childNodes]
      .filter((node) => !node.matches?.(".headerlink, .probe-level"))
      .map((node) => node.textContent)
      .join("")
      .trim();

  const locate = () => {
    const url = new URL(link.href);
    const heading = led() ?? passed();
    if (heading) url.searchParams.set("section", words(heading));
    else url.searchParams.delete("section");
    link.href = url;
  };

  for (const event of ["pointerdown", "focus", "click"]) link?.addEventListener(event, locate);
}

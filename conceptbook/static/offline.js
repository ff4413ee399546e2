// Keeps the book for when there is no network: a service worker takes all of it, a page at a time,
// once the page being read is there. Not where the reader asked to save data or the line is slow;
// not on one's own machine, where a site changes under the same address.

const { saveData, effectiveType } = navigator.connection ?? {};
const costly = saveData || /2g/.test(effectiveType ?? "");
const own = /^(localhost|127\.|\[::1\])/.test(location.hostname);

if (navigator.serviceWorker && location.protocol !== "file:" && !costly && !own) {
  const root = new URL(document.documentElement.dataset.content_root ?? "./", location.href);
  const whenIdle = window.requestIdleCallback ?? setTimeout;
  addEventListener("load", () =>
    whenIdle(() => navigator.serviceWorker.register(new URL("service-worker.js", root))),
  );
}

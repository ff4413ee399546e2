// Answers from the kept book, else from the network. The build puts the list of files in; Workbox
// fetches those that changed, drops those that went, and serves them.
importScripts(
  "_static/vendor/workbox-core.js",
  "_static/vendor/workbox-routing.js",
  "_static/vendor/workbox-strategies.js",
  "_static/vendor/workbox-precaching.js",
);

const FILES = [];

self.skipWaiting();
workbox.core.clientsClaim();
workbox.precaching.cleanupOutdatedCaches();
// A file is the same whatever its query: digests of files, filters and searches are in there.
workbox.precaching.precacheAndRoute(FILES, { ignoreURLParametersMatching: [/.*/] });

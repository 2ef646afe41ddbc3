// Opens a visit's page again where there is no network. The page put its own copy, without answers, into the cache.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  if (event.request.mode !== "navigate" || event.request.method !== "GET") return;
  const path = new URL(event.request.url).pathname;
  const kept = () => caches.open("svar").then((copies) => copies.match(path)).then((copy) => copy || Response.error());
  event.respondWith(fetch(event.request).catch(kept));
});

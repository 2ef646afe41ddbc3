// Opens a visit's page again where there is no network, or one that does not answer, or where somebody answers that we are
// away (a proxy before us, while we start anew). The page put its own copy, without answers, into the cache.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  if (event.request.mode !== "navigate" || event.request.method !== "GET") return;
  const path = new URL(event.request.url).pathname;
  const kept = () => caches.open("svar").then((copies) => copies.match(path));
  const answer = async () => {
    const line = fetch(event.request);
    const late = new Promise((go) => setTimeout(go, 3000));
    const heard = await Promise.race([line.catch(() => 0), late]);
    return heard && heard.status < 500 ? heard : (await kept()) || line;
  };
  event.respondWith(answer());
});

// Opens a visit's page again where there is no network, or one that does not answer, or where somebody else does in our name
// (a portal to sign in at, a hospital's gateway, a proxy before us while we start anew). The page put its own copy, without
// answers, into the cache. What is ours names the link's first signs: key, version and visit; nothing else is shown or kept.
const ours = (answer, path) => answer.headers.get("svar") === "svar:" + path.slice(3, 15);
const pathOf = (it) => new URL(it.url).pathname;
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  if (event.request.mode !== "navigate" || event.request.method !== "GET") return;
  const path = pathOf(event.request);
  const answer = async () => {
    const kept = await caches.open("svar").then((copies) => copies.match(path)).catch(() => 0);
    if (!kept || !ours(kept, path)) return fetch(event.request);
    // a redirect is followed here, for whose it is cannot be seen before
    const line = fetch(new Request(event.request, { redirect: "follow" })).catch(() => 0);
    const heard = await Promise.race([line, new Promise((go) => setTimeout(go, 3000))]);
    if (!heard || heard.status >= 500 || !ours(heard, pathOf(heard))) return kept;
    return heard.redirected ? Response.redirect(heard.url) : heard;
  };
  event.respondWith(answer());
});

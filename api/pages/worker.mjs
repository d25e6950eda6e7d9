// Keeps what the notes page is made of, so that it opens without a network. `FILES` stands in front of this when it is
// served: every file with the tag of its content. So this file is another one when any of them is, and the browser installs it.
//
// It answers for these files and for nothing else: what the API says never passes through here, and nothing that anybody
// said is in its cache, before sign-out or after.

const CACHE = "notes-" + Object.values(FILES).join("").replaceAll('"', "");

async function fetched(path) {
  const answer = await fetch(path, { cache: "no-cache", credentials: "omit" });
  // While a new version is rolled out, two versions may answer: half of each would be a broken page.
  if (!answer.ok || answer.headers.get("ETag") !== FILES[path]) throw new Error(path + " is of another version");
  return [path, answer];
}

addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const answers = await Promise.all(Object.keys(FILES).map(fetched));
    const cache = await caches.open(CACHE);
    await Promise.all(answers.map(([path, answer]) => cache.put(path, answer)));
    // A page that is open has loaded all of its modules, and goes on with them.
    await skipWaiting();
  })());
});

addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
    await clients.claim();
  })());
});

addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== location.origin || !(pathname in FILES)) return;
  event.respondWith((async () => {
    const cache = await caches.open(CACHE);
    return (await cache.match(pathname)) ?? fetch(event.request);
  })());
});

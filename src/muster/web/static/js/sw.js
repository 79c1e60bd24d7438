// The service worker: shows pages as notifications, and acknowledges from their buttons. It caches nothing, and
// speaks to its own origin only: of the links in a push it keeps the path.
const path = (link) => { const url = new URL(link, self.location.origin); return url.pathname + url.search; };

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  const said = event.data ? event.data.json() : {};
  const actions = [];
  if (said.acknowledge) actions.push({ action: "acknowledge", title: said.acknowledge_label });
  if (said.open) actions.push({ action: "open", title: said.open_label });
  event.waitUntil(self.registration.showNotification(said.title || "Muster", {
    body: said.body,
    tag: said.tag,
    requireInteraction: Boolean(said.urgent),
    icon: "/static/img/icon-192.png",
    badge: "/static/img/icon-192.png",
    vibrate: said.urgent ? [400, 100, 400, 100, 800] : [200],
    actions,
    data: { open: path(said.open || "/"), acknowledge: said.acknowledge ? path(said.acknowledge) : "" },
  }));
});

self.addEventListener("notificationclick", (event) => {
  const { open, acknowledge } = event.notification.data;
  event.notification.close();
  event.waitUntil(event.action === "acknowledge" && acknowledge ? answer(acknowledge, open) : self.clients.openWindow(open));
});

// The answer is a redirect when it counted. Otherwise the page opens and says why not.
async function answer(acknowledge, open) {
  try {
    const said = await fetch(acknowledge, { method: "POST", credentials: "omit", redirect: "manual" });
    if (said.ok || said.type === "opaqueredirect") return;
  } catch (away) { /* not reached: the page opens instead */ }
  await self.clients.openWindow(open);
}

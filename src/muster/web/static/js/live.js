// Live fragments over server-sent events. A ticket (60 s) is fetched for every connection; the cursor is the server's
// opaque Last-Event-ID. A message is HTML whose elements carry hx-swap-oob; new timeline entries keep the scroll place.
// Events understood: message (HTML), gone (the viewer lost the right to see this: reload), ping (nothing).
(() => {
  const { liveTicket, liveTopic } = document.body.dataset;
  if (!liveTicket || !window.EventSource) return;
  const lost = document.getElementById("live-lost"), since = lost?.querySelector("[data-lost-since]");
  let source, cursor = "", tries = 0, heard = Date.now();
  const token = () => JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] || "";
  const marks = (on) => document.querySelectorAll("[data-live-mark]").forEach((mark) => { mark.hidden = !on; });

  function down() {
    source?.close();
    if (lost?.hidden) {
      since.textContent = new Date(window.muster.now()).toTimeString().slice(0, 5);
      lost.hidden = false;
      marks(false);
    }
    tries += 1;
    setTimeout(connect, Math.min(15000, 500 * 2 ** tries) * (0.7 + Math.random() * 0.6));
  }
  function up() { tries = 0; heard = Date.now(); if (lost) lost.hidden = true; marks(true); }

  function place(html) {
    const timeline = document.querySelector("[data-timeline]");
    const atEnd = !timeline || timeline.scrollHeight - timeline.scrollTop - timeline.clientHeight < 40;
    const before = timeline?.querySelectorAll("[data-entry], .entry").length || 0;
    window.htmx.swap(document.body, html, { swapStyle: "none" });
    if (!timeline) return;
    const added = timeline.querySelectorAll("[data-entry], .entry").length - before;
    if (atEnd) timeline.scrollTop = timeline.scrollHeight;
    else if (added > 0) document.dispatchEvent(new CustomEvent("muster:unseen", { detail: added }));
  }
  async function connect() {
    let url;
    try {
      const body = new URLSearchParams({ topic: liveTopic || "", cursor });
      const answer = await fetch(liveTicket, { method: "POST", body, headers: { "X-CSRFToken": token() } });
      if (answer.status === 403 || answer.status === 404) return;
      if (!answer.ok) throw new Error(String(answer.status));
      ({ url } = await answer.json());
    } catch { down(); return; }
    source = new EventSource(url);
    source.onopen = up;
    source.onerror = down;
    source.onmessage = (event) => { up(); cursor = event.lastEventId || cursor; place(event.data); };
    source.addEventListener("ping", up);
    source.addEventListener("gone", () => location.reload());
  }
  setInterval(() => { if (source?.readyState === 1 && Date.now() - heard > 45000) down(); }, 5000);
  connect();
})();

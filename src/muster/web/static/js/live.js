// Keeps a page live. The page carries `data-live="/live?ticket=..."`; the stream says that something changed, and the
// page fetches itself anew and swaps its parts ([data-live-part], each with an id). A ticket lasts 60 s; every fetch
// brings a new one. Nothing jumps: a part in which somebody types or has opened something waits, new rows of a list
// wait behind "n new", the timeline keeps its scroll place.
// Events: changed, resync, expired (fetch), fragment (HTML with hx-swap-oob), ended (the reason).
(() => {
  const PACE = 3; // a page that takes long to make is asked for less often
  const body = document.body;
  if (!body.dataset.live || !window.EventSource) return;
  const lost = document.getElementById("live-lost"), since = lost?.querySelector("[data-lost-since]");
  let source, timer = 0, due = 0, tries = 0, fetching = false, again = false, took = 0;
  const marks = (on) => document.querySelectorAll("[data-live-mark]").forEach((mark) => { mark.hidden = !on; });

  function down() {
    if (lost?.hidden) {
      since.textContent = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" }).format(window.muster.now());
      lost.hidden = false;
      marks(false);
    }
    tries += 1;
    soon(Math.min(15000, 500 * 2 ** tries) * (0.7 + Math.random() * 0.6));
  }
  function up() { tries = 0; if (lost) lost.hidden = true; marks(true); }
  // What is asked for while the page is about to be drawn is in it: a stream that never rests keeps nothing from being drawn.
  function soon(wait) {
    const at = performance.now() + wait;
    if (timer && due <= at) return;
    clearTimeout(timer);
    due = at;
    timer = setTimeout(() => { timer = 0; draw(); }, wait);
  }

  function listen(url) {
    source?.close();
    source = new EventSource(url);
    source.onopen = up;
    source.onerror = () => { if (source.readyState === EventSource.CLOSED) down(); else if (lost) { lost.hidden || marks(false); } };
    for (const name of ["changed", "resync"]) source.addEventListener(name, () => { up(); soon(Math.max(120, PACE * took)); });
    for (const name of ["expired", "ended"]) source.addEventListener(name, () => { source.close(); soon(60); });
    source.addEventListener("fragment", (event) => { up(); timelineKept(() => window.htmx.swap(body, event.data, { swapStyle: "none" })); });
  }
  const typed = (field) => field.type !== "hidden" && "defaultValue" in field && field.value !== field.defaultValue;
  const busy = (part) => [...part.querySelectorAll("input, textarea")].some(typed) || part.contains(document.activeElement) && /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)
    || part.querySelector("details[open]") || part.matches('[role="listbox"]:not([hidden])') || document.querySelector("dialog[open]")?.contains(part);

  function timelineKept(act) {
    const timeline = document.querySelector("[data-timeline]");
    const atEnd = timeline && timeline.scrollHeight - timeline.scrollTop - timeline.clientHeight < 40;
    const before = timeline?.querySelectorAll(".entry").length || 0, top = timeline?.scrollTop;
    act();
    if (!timeline) return;
    const added = timeline.querySelectorAll(".entry").length - before;
    timeline.scrollTop = atEnd ? timeline.scrollHeight : top;
    if (!atEnd && added > 0) document.dispatchEvent(new CustomEvent("muster:unseen", { detail: added }));
  }
  function fresh(element) { window.htmx?.process(element); window.muster.times(element); }

  // A list keeps its rows where they are: known rows change in place, new ones wait to be asked for.
  function swapRows(part, next) {
    let unknown = 0;
    next.querySelectorAll("[data-row][id]").forEach((row) => {
      const old = document.getElementById(row.id);
      if (!old) unknown += 1;
      else if (!old.contains(document.activeElement) && !old.querySelector(".pick:checked")) { old.replaceWith(row); fresh(row); }
    });
    const button = document.querySelector("[data-new-rows]");
    if (button) { button.hidden = !unknown; button.textContent = button.dataset.newRows.replace("%s", unknown); }
  }
  function swapEntries(part, next) {
    const entries = [...next.querySelectorAll(".entry[id]")];
    // So much has happened that nothing of it stands here yet: what lies between would be missing.
    if (part.querySelector(".entry") && entries.length && !entries.some((entry) => document.getElementById(entry.id))) { swapWhole(part, next); return; }
    entries.forEach((entry) => {
      if (document.getElementById(entry.id)) return;
      entry.classList.add("arrives");
      part.append(entry);
      fresh(entry);
    });
  }
  // A part is drawn anew under somebody's hands: what had the focus has it again.
  function swapWhole(part, next) {
    const held = part.contains(document.activeElement) ? document.activeElement : null;
    part.replaceWith(next);
    fresh(next);
    const same = (one) => one.textContent === held.textContent && one.getAttribute("aria-label") === held.getAttribute("aria-label");
    if (held) [...next.querySelectorAll(held.tagName)].find(same)?.focus({ preventScroll: true });
  }
  function swap(page) {
    document.querySelectorAll("[data-live-part]").forEach((part) => {
      const next = page.getElementById(part.id);
      if (!next || busy(part)) return;
      if (part.dataset.livePart === "rows" && part.querySelector("[data-row]")) swapRows(part, next);
      else if (part.dataset.livePart === "entries" && part.querySelector(".entry[id]")) swapEntries(part, next);
      else if (part.dataset.livePart === "inside") part.replaceChildren(...next.childNodes);
      else swapWhole(part, next);
    });
    document.title = page.title;
  }
  async function draw() {
    if (fetching) { again = true; return; }
    fetching = true;
    const began = performance.now();
    try {
      const answer = await fetch(location.href, { headers: { "X-Live": "1" }, redirect: "manual" });
      if (answer.type === "opaqueredirect" || answer.status === 404 || answer.status === 403) { location.reload(); return; }
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (page.body.className !== body.className) { location.reload(); return; } // a ticket has become a room
      timelineKept(() => swap(page));
      if (!source || source.readyState === EventSource.CLOSED) listen(page.body.dataset.live || body.dataset.live);
    } catch { down(); } finally { fetching = false; took = performance.now() - began; }
    if (again) { again = false; soon(Math.max(400, PACE * took)); }
  }
  listen(body.dataset.live);
})();

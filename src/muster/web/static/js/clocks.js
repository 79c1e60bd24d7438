// Clocks burn from right to left. Only the nearest one ticks each second; the others each minute.
// Spoken at 5, 1 and 0 minutes, a breach assertively.
(() => {
  const muster = window.muster;
  const two = (n) => String(n).padStart(2, "0");
  const words = (s) => s < 3600 ? `${two(Math.floor(s / 60))}:${two(s % 60)}`
    : s < 172800 ? `${Math.floor(s / 3600)} h ${two(Math.floor((s % 3600) / 60))}` : `${Math.floor(s / 86400)} d`;
  const say = (id, text) => { const region = document.getElementById(id); if (region) region.textContent = text; };

  function draw(clock) {
    const due = Date.parse(clock.dataset.due), started = Date.parse(clock.dataset.started);
    const seconds = Math.floor((due - muster.now()) / 1000), over = seconds <= 0;
    const share = started && due > started ? Math.min(1, (due - muster.now()) / (due - started)) : 1;
    const text = over ? clock.dataset.over.replace("%s", words(-seconds)) : words(seconds);
    const left = clock.querySelector("[data-left]");
    if (left.textContent !== text && !(seconds >= 172800)) left.textContent = text;
    clock.classList.toggle("is-over", over);
    clock.classList.toggle("is-soon", !over && share < 0.25);
    clock.classList.toggle("is-calm", !over && share >= 0.25);
    clock.querySelector("[data-rest]")?.setAttribute("width", `${over ? 100 : Math.max(0, share * 100).toFixed(2)}%`);
    return seconds;
  }
  function nearest(clocks) {
    return clocks.filter((c) => Date.parse(c.dataset.due) > muster.now())
      .sort((a, b) => Date.parse(a.dataset.due) - Date.parse(b.dataset.due))[0];
  }
  let beat = 0;
  function tick() {
    const clocks = [...document.querySelectorAll("[data-clock]:not([data-met])")];
    const first = nearest(clocks);
    for (const clock of clocks) {
      if (clock !== first && clock.dataset.liveClock === undefined && beat % 60) continue;
      const seconds = draw(clock), label = clock.querySelector(".clock-label")?.textContent.trim();
      if (seconds === 300 || seconds === 60) say("announce", `${label}: ${words(seconds)}`);
      if (seconds === 0) say("announce-now", `${label}: ${clock.querySelector("[data-left]").textContent}`);
    }
    beat += 1;
  }
  tick();
  setInterval(tick, 1000);
  document.addEventListener("htmx:load", () => { beat = 0; });
})();

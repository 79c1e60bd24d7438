// Drag along the final line of a schedule to choose a stretch: it lands in the form "Cover a stretch", where it can be
// corrected and is saved by its button. The list beside the picture does the same with links, for keyboards and phones.
(() => {
  const data = document.getElementById("oncall-shifts"), form = document.querySelector("#cover form");
  const lane = document.querySelector("svg.sched-lane.sched-final"), figure = document.querySelector("figure.sched");
  if (!data || !form || !lane || !figure.dataset.start) return;
  const zone = JSON.parse(data.textContent).zone, SNAP = 30 * 60000, NS = "http://www.w3.org/2000/svg";
  const from = Date.parse(figure.dataset.start), until = Date.parse(figure.dataset.end);
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" });
  const local = (at) => format.format(new Date(at)).replace(" ", "T");
  const at = (event) => {
    const box = lane.getBoundingClientRect(), share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    return Math.round((from + share * (until - from)) / SNAP) * SNAP;
  };
  let begun = null, mark = null;
  const show = (a, b) => {
    mark.setAttribute("x", `${(100 * (Math.min(a, b) - from)) / (until - from)}%`);
    mark.setAttribute("width", `${(100 * Math.abs(b - a)) / (until - from)}%`);
  };
  lane.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch" || event.button) return;
    begun = at(event);
    mark?.remove();
    mark = document.createElementNS(NS, "rect");
    mark.setAttribute("class", "drag"); mark.setAttribute("height", "100%");
    lane.append(mark); lane.setPointerCapture(event.pointerId); show(begun, begun);
    event.preventDefault();
  });
  lane.addEventListener("pointermove", (event) => { if (begun !== null) show(begun, at(event)); });
  lane.addEventListener("pointerup", (event) => {
    if (begun === null) return;
    const [a, b] = [begun, at(event)].sort((x, y) => x - y);
    begun = null;
    if (a === b) { mark.remove(); return; }
    form.elements.from.value = local(a); form.elements.until.value = local(b);
    form.scrollIntoView({ block: "center" });
    form.elements.person.focus({ preventScroll: true });
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") { begun = null; mark?.remove(); } });
})();

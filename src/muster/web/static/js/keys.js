// Keyboard: `/` search, `d` declare, `g x` go, `j k` move, `a e u` act on the row or the page, `?` help.
// data-keys="off" on <html> turns all of them off (a person's setting).
(() => {
  if (document.documentElement.dataset.keys === "off") return;
  const GO = { n: "/", a: "/alerts", i: "/incidents", o: "/oncall", s: "/services", p: "/postmortems", r: "/reports" };
  let going = 0;
  const typing = (target) => target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
  const rows = () => [...document.querySelectorAll("[data-row]")];

  function move(step) {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.contains(document.activeElement));
    const next = all[Math.min(all.length - 1, Math.max(0, at + step))];
    next.querySelector("a, button")?.focus();
    next.scrollIntoView({ block: "nearest" });
  }
  function press(key) {
    const row = document.activeElement?.closest?.("[data-row]");
    const target = row?.querySelector(`[data-key="${key}"]`) || document.querySelector(`#main [data-key="${key}"], .side [data-key="${key}"]`);
    target?.click();
    return Boolean(target);
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    const key = event.key;
    if (going && Date.now() - going < 1200 && GO[key]) { event.preventDefault(); location.assign(GO[key]); return; }
    going = key === "g" ? Date.now() : 0;
    if (key === "j" || key === "k") { event.preventDefault(); move(key === "j" ? 1 : -1); }
    else if (key === "?") { event.preventDefault(); document.getElementById("help")?.showModal(); }
    else if (key !== "/" && key.length === 1 && press(key)) event.preventDefault();
  });
})();

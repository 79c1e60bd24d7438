// Words every <time data-time> in the viewer's zone: relative first, exact on hover. Time counts from the server's
// clock (data-now), never from the browser's own, which may be wrong.
(() => {
  const root = document.documentElement;
  const skew = root.dataset.now ? Date.parse(root.dataset.now) - Date.now() : 0;
  const muster = (window.muster = { now: () => Date.now() + skew });
  const lang = root.lang || "en";
  const part = (options) => new Intl.DateTimeFormat(lang.startsWith("en") ? "en-GB" : lang, { ...options, ...(options.hour ? { hourCycle: "h23" } : {}) });
  const clock = part({ hour: "2-digit", minute: "2-digit" });
  const seconds = part({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const day = part({ weekday: "short", day: "numeric", month: "short" });
  const exact = part({ weekday: "long", day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short" });
  const long = part({ weekday: "long", day: "numeric", month: "long" });
  const zone = part({ hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
  const relative = new Intl.RelativeTimeFormat(lang, { style: "short", numeric: "always" });
  const comma = (text) => text.replace(/^(\p{L}+),/u, "$1");

  function ago(at) {
    const gone = Math.round((at - muster.now()) / 1000), size = Math.abs(gone);
    const [n, unit] = size < 60 ? [gone, "second"] : size < 3600 ? [Math.trunc(gone / 60), "minute"]
      : size < 86400 ? [Math.trunc(gone / 3600), "hour"] : [Math.trunc(gone / 86400), "day"];
    return size >= 7 * 86400 ? comma(day.format(at)) : relative.format(n, unit).replace(".", "");
  }
  const styles = {
    relative: ago,
    clock: (at) => clock.format(at),
    seconds: (at) => (innerWidth < 640 ? clock : seconds).format(at),
    day: (at) => comma(day.format(at)),
    short: (at) => `${comma(day.format(at))}, ${clock.format(at)}`,
    full: (at) => `${comma(long.format(at))}, ${zone.format(at)}`,
  };
  function word(element) {
    const at = new Date(element.dateTime);
    if (Number.isNaN(at.getTime())) return;
    element.textContent = (styles[element.dataset.time] || ago)(at);
    element.title = exact.format(at);
  }
  muster.times = (within) => {
    within.querySelectorAll("time[data-time]").forEach(word);
    within.querySelectorAll("[data-time-text]").forEach((e) => { e.textContent = clock.format(new Date(e.dataset.timeText)); });
  };
  muster.times(document);
  setInterval(() => document.querySelectorAll('time[data-time="relative"]').forEach(word), 20000);
  document.addEventListener("htmx:load", (event) => muster.times(event.detail.elt));
})();

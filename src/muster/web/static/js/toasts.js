// A toast stands 8 s with its count in view, one at a time, paused while looked at. Never for errors.
// The server sends one with the header HX-Trigger: {"toast": {"text": "...", "undo": "/path"}}.
(() => {
  const place = document.getElementById("toasts");
  if (!place) return;
  let timer = 0;
  function start() {
    clearInterval(timer);
    const toast = place.querySelector("[data-toast]:last-child");
    if (!toast) return;
    place.querySelectorAll("[data-toast]").forEach((other) => { if (other !== toast) other.remove(); });
    const count = toast.querySelector("[data-toast-count]");
    let left = 8;
    count.textContent = `${left} s`;
    timer = setInterval(() => {
      if (toast.matches(":hover, :focus-within")) return;
      left -= 1;
      count.textContent = `${left} s`;
      if (left <= 0) { clearInterval(timer); toast.remove(); }
    }, 1000);
  }
  document.body.addEventListener("toast", (event) => {
    const toast = document.createElement("div");
    toast.className = "toast";
    toast.dataset.toast = "";
    toast.innerHTML = '<span class="grow"></span><span class="toast-count" data-toast-count aria-hidden="true"></span>';
    toast.firstChild.textContent = event.detail.text;
    place.append(toast);
    start();
  });
  start();
})();

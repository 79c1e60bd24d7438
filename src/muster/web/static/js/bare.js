// The page at 3 a.m. and sign-in. "Sending" stands until the server has answered; a second tap sends nothing more.
(() => {
  document.addEventListener("submit", (event) => {
    const form = event.target, button = event.submitter || form.querySelector("button");
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    if (button?.dataset.sending) { (button.querySelector("span") || button).textContent = button.dataset.sending; button.setAttribute("aria-busy", "true"); }
  });
  // Coming back with the browser's back button: the form may be sent again.
  window.addEventListener("pageshow", (event) => { if (event.persisted) document.querySelectorAll("form").forEach((form) => delete form.dataset.sent); });
})();

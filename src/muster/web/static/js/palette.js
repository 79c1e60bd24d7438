// The palette: Ctrl K or `/` opens it, arrows choose, Enter goes. Without this script "Search" is an ordinary page.
(() => {
  const palette = document.getElementById("palette");
  if (!palette) return;
  const input = palette.querySelector("input");
  const options = () => [...palette.querySelectorAll('[role="option"]:not([aria-disabled])')];

  function choose(n) {
    const all = options();
    all.forEach((option, i) => {
      option.id ||= `palette-option-${i}`;
      option.setAttribute("aria-selected", String(i === n));
    });
    if (all[n]) { input.setAttribute("aria-activedescendant", all[n].id); all[n].scrollIntoView({ block: "nearest" }); }
  }
  const chosen = () => options().findIndex((option) => option.getAttribute("aria-selected") === "true");
  function open() { if (!palette.open) palette.showModal(); input.select(); choose(0); }

  document.addEventListener("keydown", (event) => {
    const typing = event.target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    const slash = event.key === "/" && !typing && document.documentElement.dataset.keys !== "off";
    if ((event.key === "k" && (event.ctrlKey || event.metaKey)) || (slash && !document.querySelector("dialog[open]"))) {
      const command = slash && document.querySelector('.command--desk [data-command-input], [data-command] [data-command-input]');
      event.preventDefault();
      if (command) { command.focus(); command.value = "/"; command.dispatchEvent(new Event("input", { bubbles: true })); } else open();
    }
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-palette]")) { event.preventDefault(); open(); }
    if (event.target === palette) palette.close();
  });
  input.addEventListener("keydown", (event) => {
    const count = options().length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose((chosen() + (event.key === "ArrowDown" ? 1 : count - 1)) % Math.max(1, count));
    } else if (event.key === "Enter" && chosen() >= 0) { event.preventDefault(); options()[chosen()].click(); }
  });
  palette.addEventListener("htmx:afterSwap", () => choose(0));
})();

// Small manners of the screens: tabs, copy, confirm, "sending", the theme choice, the command bar, "3 new".
(() => {
  const on = (type, selector, act) => document.addEventListener(type, (event) => {
    const found = event.target.closest?.(selector);
    if (found) act(found, event);
  });
  on("click", "[data-copy]", async (button) => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
    button.querySelector("span").textContent = button.dataset.copied;
  });
  on("submit", "form[data-confirm]", (form, event) => { if (!confirm(form.dataset.confirm)) event.preventDefault(); });
  on("submit", "form", (form, event) => {
    if (event.defaultPrevented || form.method === "dialog") return;
    const button = event.submitter || form.querySelector("button");
    if (button && !form.hasAttribute("hx-post")) setTimeout(() => { button.setAttribute("aria-disabled", "true"); }, 0);
  });
  on("change", "[data-theme-choice]", (input) => {
    const root = document.documentElement;
    if (input.value) { localStorage.setItem("theme", input.value); root.dataset.theme = input.value; }
    else { localStorage.removeItem("theme"); delete root.dataset.theme; }
  });
  on("change", "[data-submit-on-change]", (input) => input.form.requestSubmit());

  // The matrix and the phone's two questions are one answer.
  on("change", '.declare input[type="radio"]', (input) => {
    const form = input.form, pick = (name, value) => { const found = form.querySelector(`[name="${name}"][value="${value}"]`); if (found) found.checked = true; };
    if (input.name === "cell") { const [impact, scope] = input.value.split(","); pick("impact", impact); pick("scope", scope); }
    else if (input.name === "impact" || input.name === "scope") pick("cell", `${form.elements.impact.value},${form.elements.scope.value}`);
  });

  // Tabs: panels of a room where there is not width for all of them.
  document.querySelectorAll("[data-tabs]").forEach((tabs) => {
    const buttons = [...tabs.querySelectorAll('[role="tab"]')];
    const show = (name) => {
      buttons.forEach((button) => { button.setAttribute("aria-selected", String(button.dataset.tab === name)); button.tabIndex = button.dataset.tab === name ? 0 : -1; });
      document.documentElement.dataset.tab = name;
    };
    buttons.forEach((button, n) => {
      button.addEventListener("click", () => show(button.dataset.tab));
      button.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (step) { const next = buttons[(n + step + buttons.length) % buttons.length]; next.focus(); show(next.dataset.tab); }
      });
    });
    show(buttons[0].dataset.tab);
  });

  // The command bar: suggestions push the timeline up, they never cover it.
  document.querySelectorAll("[data-command]").forEach((bar) => {
    const input = bar.querySelector("[data-command-input]"), list = bar.querySelector("[data-command-list]");
    const lines = () => [...list.querySelectorAll("[data-verb]")].filter((line) => !line.hidden);
    const mark = (n) => lines().forEach((line, i) => line.setAttribute("aria-selected", String(i === n)));
    const at = () => lines().findIndex((line) => line.getAttribute("aria-selected") === "true");
    const timeline = document.querySelector("[data-timeline]");
    function narrow() {
      const text = input.value, slash = text.startsWith("/") && !text.includes(" ");
      list.querySelectorAll("[data-verb]").forEach((line) => { line.hidden = !line.dataset.verb.startsWith(text); });
      list.hidden = !slash || !lines().length;
      input.setAttribute("aria-expanded", String(!list.hidden));
      mark(0);
      if (timeline) timeline.scrollTop = timeline.scrollHeight;
    }
    const take = (line) => { input.value = `${line.dataset.verb} `; list.hidden = true; input.focus(); };
    input.addEventListener("input", narrow);
    input.addEventListener("keydown", (event) => {
      if (list.hidden) return;
      const count = lines().length, step = { ArrowDown: 1, ArrowUp: count - 1 }[event.key];
      if (step) { event.preventDefault(); mark((at() + step) % count); }
      else if ((event.key === "Tab" || event.key === "Enter") && lines()[at()] && lines()[at()].dataset.verb !== input.value.trim()) { event.preventDefault(); take(lines()[at()]); }
      else if (event.key === "Escape") list.hidden = true;
    });
    list.addEventListener("click", (event) => { const line = event.target.closest("[data-verb]"); if (line) take(line); });
  });
  on("click", "[data-put]", (button) => {
    const input = button.closest("[data-command]").querySelector("[data-command-input]");
    if (input) { input.value = `${button.dataset.put} `; input.focus(); }
  });

  const timeline = document.querySelector("[data-timeline]"), unseen = document.querySelector("[data-unseen]");
  if (timeline) timeline.scrollTop = timeline.scrollHeight;
  let waiting = 0;
  document.addEventListener("muster:unseen", (event) => {
    waiting += event.detail;
    if (unseen) { unseen.hidden = false; unseen.textContent = unseen.dataset.unseen.replace("%s", waiting); }
  });
  unseen?.addEventListener("click", () => { timeline.scrollTop = timeline.scrollHeight; waiting = 0; unseen.hidden = true; });
})();

// The inbox: tick many and act on them at once; or, in a storm, on all that the list shows, some hundreds at a time.
(() => {
  const form = document.querySelector("[data-bulk]"), all = document.querySelector("[data-pick-all]");
  if (!form) return;
  const picks = () => [...document.querySelectorAll(".pick")];
  const count = form.querySelector("[data-bulk-count]"), bar = form.querySelector("progress");
  const every = form.elements.every;

  function draw() {
    const chosen = picks().filter((pick) => pick.checked).length;
    count.textContent = count.dataset.bulkCount.replace("%s", chosen);
    if (!all) return;
    all.checked = chosen > 0 && chosen === picks().length;
    all.indeterminate = chosen > 0 && !all.checked;
  }
  async function run(verb) {
    const said = new FormData(form);
    said.delete("group");
    said.set("verb", verb);
    form.querySelectorAll("button, input").forEach((one) => { one.disabled = true; });
    bar.hidden = false;
    for (let done = 0, after = ""; after !== null;) {
      said.set("so_far", done);
      said.set("after", after);
      const answer = await fetch(form.action, { method: "POST", body: said, headers: { "X-Bulk": "1" } });
      if (!answer.ok) break;
      const told = await answer.json();
      done += told.done;
      after = told.after;
      bar.max = done + told.left;
      bar.value = done;
      count.textContent = count.dataset.bulkDone.replace("%s", done);
    }
    location.reload();
  }
  document.addEventListener("change", (event) => {
    if (event.target === all) picks().forEach((pick) => { pick.checked = all.checked; });
    if (event.target === all || event.target.classList.contains("pick")) draw();
  });
  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (button?.dataset.sure && !confirm(button.dataset.sure)) event.preventDefault();
    else if (button && every?.checked) { event.preventDefault(); run(button.value); }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "x" || event.ctrlKey || event.metaKey || event.altKey || document.documentElement.dataset.keys === "off") return;
    const pick = document.activeElement?.closest?.("[data-row]")?.querySelector(".pick");
    if (pick && document.activeElement !== pick) { pick.click(); event.preventDefault(); }
  });
  draw();
})();

// Runs before the first paint: a theme pinned on this device wins over the system's, without a flash.
(() => {
  try {
    const pinned = localStorage.getItem("theme");
    if (pinned === "light" || pinned === "dark") document.documentElement.dataset.theme = pinned;
  } catch { /* storage may be forbidden; the system's theme stands */ }
})();

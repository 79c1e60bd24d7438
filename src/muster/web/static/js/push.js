// Lets this browser be reached: asks for the permission, subscribes, and fills the form that asks for it.
(() => {
  const form = document.querySelector("form[data-subscribes-with]");
  if (!form) return;
  const say = (name) => form.querySelectorAll("[data-push-says]").forEach((line) => { line.hidden = line.dataset.pushSays !== name; });
  const button = form.querySelector("button");
  const apple = /iPhone|iPad/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);
  if (!window.isSecureContext) say("insecure");
  else if (!("serviceWorker" in navigator) || !("PushManager" in window)) say(apple ? "apple" : "unable");
  else button.disabled = false;

  const text = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const put = (name, value) => { form.elements[`webpush-${name}`].value = value; };
  form.addEventListener("submit", async (event) => {
    if (form.dataset.filled) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    button.disabled = true;
    try {
      if (await Notification.requestPermission() !== "granted") { say("refused"); return; }
      await navigator.serviceWorker.register("/sw.js");
      const worker = await navigator.serviceWorker.ready;
      const key = Uint8Array.from(atob(form.dataset.subscribesWith.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
      const old = await worker.pushManager.getSubscription();
      if (old && text(old.options.applicationServerKey) !== form.dataset.subscribesWith) await old.unsubscribe();
      const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
      put("endpoint", made.endpoint);
      put("p256dh", text(made.getKey("p256dh")));
      put("auth", text(made.getKey("auth")));
      form.dataset.filled = "yes";
      form.requestSubmit();
    } catch (failed) { say("failed"); } finally { button.disabled = false; }
  }, true);
})();

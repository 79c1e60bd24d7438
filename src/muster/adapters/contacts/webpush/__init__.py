"""Push to a browser, through the browser's own push service and with keys of our own (VAPID)."""

"""Push to a phone through a self-hosted ntfy server."""

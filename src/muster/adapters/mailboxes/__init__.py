"""Where letters to us come in: replies to pages, and alerts."""

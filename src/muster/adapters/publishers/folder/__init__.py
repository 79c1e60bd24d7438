"""A folder that some web server, or `muster status-server`, reads."""

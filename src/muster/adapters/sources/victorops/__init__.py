"""Whatever posts to VictorOps' (Splunk On-Call's) REST integration."""

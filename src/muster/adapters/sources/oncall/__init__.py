"""What already posts to Grafana OnCall: its formatted webhook, and its Alertmanager-shaped ones."""

"""What already posts to incident.io's alert sources: the HTTP one, and Alertmanager's."""

"""The web process with the product's doors, edge and router, and stand-ins for its views and its database."""

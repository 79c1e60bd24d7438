"""The root of the REST API at `/api/v1/`: who comes, what errors look like, the OpenAPI document."""

"""The house rules as functions: each takes the root of a tree and yields what breaks it, one line each."""

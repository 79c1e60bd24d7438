"""The house rules as functions: each takes the root of a tree and returns what breaks the rule, one line each."""

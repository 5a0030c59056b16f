"""A module a rule: see `tests.content.case`."""

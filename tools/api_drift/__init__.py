"""Differences between Anthropic's list of activity types and the table: `python -m tools.api_drift NEWER.json`.

`listed` reads lists, `compare` finds the differences, `propose` drafts entries, `facts` is the list in this repository.
"""

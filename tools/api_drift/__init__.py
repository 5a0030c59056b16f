"""How Anthropic's list of activity types has moved away from the table: `python -m tools.api_drift NEWER.json`.

`listed` reads lists, `compare` says what differs, `propose` drafts entries, `facts` is the list the project carries.
"""

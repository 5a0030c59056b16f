"""Keeping up with the Compliance API: what a newer list of activity types has that the project does not.

`newer` reads the list, `facts` the project's own table; `compare` says what differs; `naming`, `propose` and `amend`
say what the table of types needs for it; `report` is the text. Only `newer.read` and `facts` touch a disk.
"""

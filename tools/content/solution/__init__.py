"""The Sentinel solution's packages, made of its own files: one deployment, an item a file, and the content hub's form.

`inventory` reads what the other makers of `tools.content` made; nothing else is asked, so that whatever lies in one of
the solution's folders is in every package.
"""

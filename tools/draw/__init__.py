"""Draws and checks dashboards with Splunk's own packages, without Splunk: `python -m tools.draw FOLDER PICTURES`.

`validator/` holds a definition to Splunk's schemas and carries out its expressions on results, in plain node; `canvas/`
draws it in a headless browser and measures what a reader would see. `checks` runs both, `material` is their input,
`proofs` shows on the deliberately broken dashboards of `broken/` that each check can fail.
"""

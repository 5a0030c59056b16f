"""Builds the Splunk app and the Sentinel solution from `detections/`, and the test cases for `verify`.

`rules`, `lookups`, `asim_tables` and `folder` read the sources. Every other module builds files of one kind in memory.
`playbooks` and the connector are tables of their own. `solution` packages the files of the others.
"""

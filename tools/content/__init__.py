"""From `detections/` to what a SIEM installs: the Splunk app's searches and the Sentinel solution.
Beside them the stories, for who wants the rules proven there.

`rules`, `lookups`, `asim_tables` and `folder` read; every other module turns what was read into files of one kind,
without a disk. `playbooks` and the connector are tables of their own; `solution` packs what the others made.
"""

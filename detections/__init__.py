"""The rules as data: a folder a rule, in both languages, with what must fire and what must not.

`base/` holds what every rule reads from, `lookups/` the tables that tune them. From here `make content` makes the
Splunk app and the Sentinel solution; nothing there is edited by hand.
"""

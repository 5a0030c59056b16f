"""The Splunk app and the Sentinel solution as packages: made files current, names that resolve, the vendors' rules.

What the rules find is tested in `tests/content`; that the queries are KQL in `tests/kql`.
"""

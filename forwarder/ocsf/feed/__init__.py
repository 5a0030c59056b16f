"""Activities of the Activity Feed as OCSF events. `themes/` is the table, an entry a type; `normalizer` applies it.

Imports `core` only. Nothing here knows the other sources or how activities are read.
"""

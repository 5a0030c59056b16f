"""Activities of the Activity Feed as OCSF: `themes/` is the table, an entry an activity type; the rest carries it out."""

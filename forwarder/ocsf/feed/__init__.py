"""Activities of the Activity Feed as OCSF: `themes/` is the table, an entry a type; the rest carries it out."""

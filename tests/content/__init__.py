"""The bundled rules, executed: fixtures made by the real normalizer, both languages, the same rows.

SPL runs in `tests/spl`, KQL in duckdb-kql. Nothing here was run in Splunk or Microsoft Sentinel.
"""

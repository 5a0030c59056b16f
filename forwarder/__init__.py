"""claude-siem: Claude audit, compliance and usage events as OCSF in Splunk and Microsoft Sentinel.

Rooms, from the top floor down (imports go down only; `docs/architecture.md` draws the way of one event):
`cli` → `pipeline` → `sources`, `sinks`, `status` → `anthropic`, `ocsf`, `store` → `records`, `errors`, `config`.
"""

__version__ = "0.1.0"

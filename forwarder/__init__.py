"""claude-siem: Claude audit, compliance and usage events as OCSF in Splunk and Microsoft Sentinel.

Packages in the order of imports, which go down only (`docs/architecture.md` shows the path of one event):
`cli` → `pipeline` → `sources`, `sinks`, `status` → `anthropic`, `ocsf`, `store` → `records`, `errors`, `config`.
"""

__version__ = "0.1.0"

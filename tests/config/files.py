"""Settings files for the tests."""

from pathlib import Path

from forwarder.settings import Settings, load_settings

KEY = "sk-ant-api01-never-to-be-seen"
TOKEN = "hec-token-never-to-be-seen"
CLIENT_SECRET = "client-secret-never-to-be-seen"
SECRETS = (KEY, TOKEN, CLIENT_SECRET)

SMALLEST = f"""\
anthropic:
  compliance_key: {KEY}
sinks:
  archive:
    path: ./archive
"""

TELEMETRY_ALONE = """\
sources: {activities: {enabled: false}, otlp: {enabled: true, listen: 127.0.0.1:4318, grpc_listen: 127.0.0.1:4317,
  allowed_origins: [https://addin.example]}}
sinks: {archive: {path: ./archive}}
"""
"""No key of Anthropic's."""

WHOLE = f"""\
anthropic:
  base_url: https://api.anthropic.com
  compliance_key: {KEY}
  ca_file: null
sources:
  activities:
    enabled: true
    poll: 30s
    settle: 90s
    overlap: 10m
    reconcile: 3d
    start: 24h
    organizations: []
    exclude_types: []
sinks:
  splunk:
    type: splunk
    enabled: true
    url: https://splunk.example:8088
    token: {TOKEN}
    index: claude
    ca_file: null
  sentinel:
    type: sentinel
    enabled: true
    endpoint: https://x.ingest.monitor.azure.com
    rule_id: dcr-0123456789abcdef0123456789abcdef
    tenant_id: 00000000-0000-0000-0000-000000000001
    client_id: 00000000-0000-0000-0000-000000000002
    client_secret: {CLIENT_SECRET}
    authority: https://login.microsoftonline.com
    ca_file: null
    streams: {{activity: Custom-ClaudeActivity_CL, usage: Custom-ClaudeUsage_CL,
               agent: Custom-ClaudeAgent_CL, content: Custom-ClaudeContent_CL}}
  archive:
    type: archive
    enabled: false
    path: ./archive
store:
  url: sqlite:////var/lib/claude-siem/store.db
  max_bytes: 8GiB
  dead_letters_keep: 90d
status: {{listen: 127.0.0.1:8080}}
"""
"""The example of the settings' documentation."""


def load(folder: Path, text: str, **environment: str) -> Settings:
    """The settings of a file with this text. `environment`: variables without the prefix CLAUDE_SIEM__."""
    file = folder / "claude-siem.yaml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file, {f"CLAUDE_SIEM__{name}": value for name, value in environment.items()})

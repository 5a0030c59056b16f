"""Azure behind a Sentinel sink: check the setup, preview and write a deployment, verify the rules.

Used by `claude-siem sentinel` only, never by the service. Microsoft's management packages are imported when a command
connects (extra `[sentinel]`).
"""

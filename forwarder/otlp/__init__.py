"""The push source `otlp`: a receiver of OpenTelemetry's OTLP/HTTP from Claude Code, Cowork and Office agents.

Reads HTTP and OTLP's wire formats; `ocsf.agent` makes the events, a function given by the caller commits them. Knows no
store and no sink. Only the settings are imported with the package: the libraries behind the server take 50 ms and 10 MB
that most installations can do without.
"""

from forwarder.otlp.settings import OtlpSettings

__all__ = ["OtlpSettings"]

"""The push source `otlp`: a receiver of OpenTelemetry's OTLP/HTTP from Claude Code, Cowork and Office agents.

Reads HTTP and OTLP's wire formats; `ocsf.agent` makes the events, a function given by the caller commits them. Knows no
store, no settings file and no sink.
"""

from forwarder.otlp.limits import Limits
from forwarder.otlp.security import Tls, check_exposure
from forwarder.otlp.server import Inbox, Meter, OtlpServer

__all__ = ["Inbox", "Limits", "Meter", "OtlpServer", "Tls", "check_exposure"]

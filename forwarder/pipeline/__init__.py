"""The main flow and its supervision: source → OCSF → store → sink.

`flow` is the way of one event and nothing else; the rest keeps it going. Start reading there.
"""

from forwarder.pipeline.progress import Step, Steps
from forwarder.pipeline.service import Service

__all__ = ["Service", "Step", "Steps"]

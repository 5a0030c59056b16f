"""The main flow and its supervision: source → OCSF → store → sink.

Start reading at `flow`, which is the path of one event; the other modules run, supervise and report it.
"""

from forwarder.pipeline.delivery_workers import StepCount, Steps
from forwarder.pipeline.service import Service

__all__ = ["Service", "StepCount", "Steps"]

"""Stand-ins for the other side: Anthropic's Activity Feed and Admin API, Splunk's HEC, Azure's Logs Ingestion.

For the demo, the tests and users' dry runs. Written from their documentation, never from our own clients,
so that they can disagree with them; imports nothing of the forwarder but its values and errors.
"""

from forwarder.simulator.admin import ConsoleOrganization, company
from forwarder.simulator.azure_tokens import CLIENT_ID, CLIENT_SECRET, TENANT_ID
from forwarder.simulator.clock import SimulatedClock
from forwarder.simulator.feed import FeedServer, play
from forwarder.simulator.hec import HEC_TOKEN, HecServer
from forwarder.simulator.keys import ADMIN_KEY, CLAUDE_KEY, COMPLIANCE_KEY, ApiKey
from forwarder.simulator.logs_ingestion import RULE_ID, LogsIngestionServer
from forwarder.simulator.scenarios import SCENARIOS, Issue, scenario

__all__ = [
    "ADMIN_KEY",
    "CLAUDE_KEY",
    "CLIENT_ID",
    "CLIENT_SECRET",
    "COMPLIANCE_KEY",
    "HEC_TOKEN",
    "RULE_ID",
    "SCENARIOS",
    "TENANT_ID",
    "ApiKey",
    "ConsoleOrganization",
    "FeedServer",
    "HecServer",
    "Issue",
    "LogsIngestionServer",
    "SimulatedClock",
    "company",
    "play",
    "scenario",
]

"""Anthropic's Admin API as its documentation describes it: an organization, its lists and its usage reports.

Written from the documentation, never from the forwarder's client. Decisions that the documentation leaves open are
marked UNCONFIRMED.
"""

from forwarder.simulator.admin.api import SimulatedAdminApi
from forwarder.simulator.admin.company import company
from forwarder.simulator.admin.organization import ConsoleOrganization, Landmarks
from forwarder.simulator.admin.people import ConsoleInvite, ConsoleMember, ConsoleUser
from forwarder.simulator.admin.resources import ConsoleApiKey, ConsoleWorkspace
from forwarder.simulator.admin.usage import Counts, Dimensions, Usage

__all__ = [
    "ConsoleApiKey",
    "ConsoleInvite",
    "ConsoleMember",
    "ConsoleOrganization",
    "ConsoleUser",
    "ConsoleWorkspace",
    "Counts",
    "Dimensions",
    "Landmarks",
    "SimulatedAdminApi",
    "Usage",
    "company",
]

"""Anthropic's Admin API as its documentation describes it: an organization, its lists and its usage reports.

Written from the documentation, never from the forwarder's client. What the documentation leaves open is marked
UNCONFIRMED where it is decided.
"""

from forwarder.simulator.admin.api import AdminApi
from forwarder.simulator.admin.company import company
from forwarder.simulator.admin.objects import Invite, Key, Kind, Member, User, Workspace
from forwarder.simulator.admin.organization import Landmarks, Organization
from forwarder.simulator.admin.usage import Counts, Dimensions, Usage

__all__ = [
    "AdminApi",
    "Counts",
    "Dimensions",
    "Invite",
    "Key",
    "Kind",
    "Landmarks",
    "Member",
    "Organization",
    "Usage",
    "User",
    "Workspace",
    "company",
]

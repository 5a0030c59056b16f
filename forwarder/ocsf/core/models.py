"""Which data models of the two SIEMs an OCSF class serves: Splunk's CIM by tags, Sentinel's ASIM by schema.

Source: CIM add-on manual, Authentication, Change, Data Access; ASIM schemas, AuditEvent 0.1.2, Authentication 0.1.4,
UserManagement 0.1.2, FileEvent 0.2.2.
"""

from typing import NamedTuple


class Models(NamedTuple):
    """One class's place in CIM and ASIM; empty where it has none."""

    cim: str
    tags: tuple[str, ...]
    asim: str


_ACCOUNT = Models("Change", ("change", "account"), "UserManagement")
_INVENTORY = Models("", (), "")
"""CIM's Compute Inventory is of machines and who may sign in to them; ASIM has no schema for inventories."""
MODELS: dict[int, Models] = {
    3001: _ACCOUNT,
    3002: Models("Authentication", ("authentication",), "Authentication"),
    3004: Models("Change", ("change",), "AuditEvent"),
    3005: _ACCOUNT,
    3006: _ACCOUNT,
    5003: _INVENTORY,
    5023: _INVENTORY,
    6001: Models("Data Access", ("data", "access"), "AuditEvent"),
    6003: Models("", (), "AuditEvent"),
    6006: Models("Data Access", ("data", "access"), "FileEvent"),
}
"""Every class of the Activity Feed and of the Admin API's lists and reports."""

_EXCEPTIONS: dict[tuple[int, str], tuple[str, ...]] = {
    (3001, "Read"): (),
    (3002, "Logoff"): (),
    (3006, "Create"): ("change",),
    (3006, "Delete"): ("change",),
    (3006, "Read"): (),
    (3006, "Revoke Privileges"): ("change",),
    (3006, "Update"): ("change",),
    (6001, "Report"): (),
}
"""Activities that are in CIM otherwise than their class: who reads a list changes no account, a group is none."""
_AUDITING = frozenset({"org_compliance_api_settings_updated", "org_cowork_otlp_settings_updated"})
"""Types that change what is recorded or where records go: CIM's Auditing Changes."""


def tags(code: str, class_uid: int, activity: str) -> tuple[str, ...]:
    """The tags that the Splunk app gives to events of a type (`eventtypes.conf`; a test compares them)."""
    found = _EXCEPTIONS.get((class_uid, activity), MODELS[class_uid].tags)
    return (*found, "audit") if code in _AUDITING else found

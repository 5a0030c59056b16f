"""The data models of the SIEMs that an OCSF class feeds: Splunk's CIM by tags, Sentinel's ASIM by schema.

Source: CIM add-on manual, Authentication, Change, Data Access; ASIM schemas, AuditEvent 0.1.2, Authentication 0.1.4,
UserManagement 0.1.2, FileEvent 0.2.2.
"""

from typing import NamedTuple


class DataModels(NamedTuple):
    """The data models of one class; empty where it has none."""

    cim: str
    tags: tuple[str, ...]
    asim: str


_ACCOUNT = DataModels("Change", ("change", "account"), "UserManagement")
_INVENTORY = DataModels("", (), "")
"""CIM's Compute Inventory holds machines and their accounts; ASIM has no schema for inventories."""
MODELS: dict[int, DataModels] = {
    3001: _ACCOUNT,
    3002: DataModels("Authentication", ("authentication",), "Authentication"),
    3004: DataModels("Change", ("change",), "AuditEvent"),
    3005: _ACCOUNT,
    3006: _ACCOUNT,
    5003: _INVENTORY,
    5023: _INVENTORY,
    6001: DataModels("Data Access", ("data", "access"), "AuditEvent"),
    6003: DataModels("", (), "AuditEvent"),
    6006: DataModels("Data Access", ("data", "access"), "FileEvent"),
}
"""Class → data models, for the Activity Feed and the Admin API's lists and reports."""

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
"""Activities whose tags differ from those of their class: reading a list changes no account, a group is no account."""
_AUDITING = frozenset({"org_compliance_api_settings_updated", "org_cowork_otlp_settings_updated"})
"""Types that change what is recorded or where records are sent: CIM's Auditing Changes."""


def tags(code: str, class_uid: int, activity: str) -> tuple[str, ...]:
    """The tags of a type's events in the Splunk app (`eventtypes.conf`; a test compares them)."""
    found = _EXCEPTIONS.get((class_uid, activity), MODELS[class_uid].tags)
    return (*found, "audit") if code in _AUDITING else found

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
    3004: Models("Change", ("change", "audit"), "AuditEvent"),
    3005: _ACCOUNT,
    3006: _ACCOUNT,
    5003: _INVENTORY,
    5023: _INVENTORY,
    6001: Models("Data Access", ("data", "access"), "AuditEvent"),
    6003: Models("", (), "AuditEvent"),
    6006: Models("Data Access", ("data", "access"), "FileEvent"),
}
"""Every class of the Activity Feed and of the Admin API's lists and reports."""

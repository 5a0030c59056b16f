"""Names that OCSF 1.8.0 gives to its numbers, for the classes this product emits.

Source: the compiled 1.8.0 schema; a test compares every line with it.
"""

from typing import NamedTuple


class OcsfClass(NamedTuple):
    """One event class: its caption, its category and the captions of its activities."""

    caption: str
    category_uid: int
    category: str
    activities: dict[int, str]


VERSION = "1.8.0"
OTHER = 99

SEVERITIES = {
    0: "Unknown",
    1: "Informational",
    2: "Low",
    3: "Medium",
    4: "High",
    5: "Critical",
    6: "Fatal",
    99: "Other",
}
STATUSES = {0: "Unknown", 1: "Success", 2: "Failure", 99: "Other"}
USER_TYPES = {0: "Unknown", 1: "User", 2: "Admin", 3: "System", 4: "Service", 99: "Other"}
ENTITY_TYPES = {"Device": 1, "User": 2, "Group": 3, "Organization": 4, "Policy": 5, "Email": 6}
AUTH_PROTOCOLS = {"OpenID": 4, "SAML": 5, "OAUTH 2.0": 6}
OBSERVABLES = {"IP Address": 2, "Email Address": 5, "Resource UID": 10, "User Object: uid": 31, "Group Object: uid": 33}
CLASSES: dict[int, OcsfClass] = {
    3001: OcsfClass(
        "Account Change",
        3,
        "Identity & Access Management",
        {
            0: "Unknown",
            1: "Create",
            2: "Enable",
            3: "Password Change",
            4: "Password Reset",
            5: "Disable",
            6: "Delete",
            7: "Attach Policy",
            8: "Detach Policy",
            9: "Lock",
            10: "MFA Factor Enable",
            11: "MFA Factor Disable",
            12: "Unlock",
            99: "Other",
        },
    ),
    3002: OcsfClass(
        "Authentication",
        3,
        "Identity & Access Management",
        {
            0: "Unknown",
            1: "Logon",
            2: "Logoff",
            3: "Authentication Ticket",
            4: "Service Ticket Request",
            5: "Service Ticket Renew",
            6: "Preauth",
            7: "Account Switch",
            99: "Other",
        },
    ),
    3004: OcsfClass(
        "Entity Management",
        3,
        "Identity & Access Management",
        {
            0: "Unknown",
            1: "Create",
            2: "Read",
            3: "Update",
            4: "Delete",
            5: "Move",
            6: "Enroll",
            7: "Unenroll",
            8: "Enable",
            9: "Disable",
            10: "Activate",
            11: "Deactivate",
            12: "Suspend",
            13: "Resume",
            99: "Other",
        },
    ),
    3005: OcsfClass(
        "User Access Management",
        3,
        "Identity & Access Management",
        {
            0: "Unknown",
            1: "Assign Privileges",
            2: "Revoke Privileges",
            99: "Other",
        },
    ),
    3006: OcsfClass(
        "Group Management",
        3,
        "Identity & Access Management",
        {
            0: "Unknown",
            1: "Assign Privileges",
            2: "Revoke Privileges",
            3: "Add User",
            4: "Remove User",
            5: "Delete",
            6: "Create",
            7: "Add Subgroup",
            8: "Remove Subgroup",
            99: "Other",
        },
    ),
    5003: OcsfClass(
        "User Inventory Info",
        5,
        "Discovery",
        {
            0: "Unknown",
            1: "Log",
            2: "Collect",
            99: "Other",
        },
    ),
    5023: OcsfClass(
        "Cloud Resources Inventory Info",
        5,
        "Discovery",
        {
            0: "Unknown",
            1: "Log",
            2: "Collect",
            99: "Other",
        },
    ),
    6001: OcsfClass(
        "Web Resources Activity",
        6,
        "Application Activity",
        {
            0: "Unknown",
            1: "Create",
            2: "Read",
            3: "Update",
            4: "Delete",
            5: "Search",
            6: "Import",
            7: "Export",
            8: "Share",
            99: "Other",
        },
    ),
    6002: OcsfClass(
        "Application Lifecycle",
        6,
        "Application Activity",
        {
            0: "Unknown",
            1: "Install",
            2: "Remove",
            3: "Start",
            4: "Stop",
            5: "Restart",
            6: "Enable",
            7: "Disable",
            8: "Update",
            99: "Other",
        },
    ),
    6003: OcsfClass(
        "API Activity",
        6,
        "Application Activity",
        {
            0: "Unknown",
            1: "Create",
            2: "Read",
            3: "Update",
            4: "Delete",
            99: "Other",
        },
    ),
    6006: OcsfClass(
        "File Hosting Activity",
        6,
        "Application Activity",
        {
            0: "Unknown",
            1: "Upload",
            2: "Download",
            3: "Update",
            4: "Delete",
            5: "Rename",
            6: "Copy",
            7: "Move",
            8: "Restore",
            9: "Preview",
            10: "Lock",
            11: "Unlock",
            12: "Share",
            13: "Unshare",
            14: "Open",
            15: "Sync",
            16: "Unsync",
            17: "Access Check",
            99: "Other",
        },
    ),
}

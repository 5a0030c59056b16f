"""MITRE ATT&CK techniques that rules name, and the tactics Sentinel accepts for them.

Sources: attack.mitre.org, Enterprise matrix; tactic names as Sentinel spells them (Azure-Sentinel repository,
`.script/tests/detectionTemplateSchemaValidation`). A technique that is not here is added here first.
"""

TACTICS = frozenset(
    {
        "Reconnaissance",
        "ResourceDevelopment",
        "InitialAccess",
        "Execution",
        "Persistence",
        "PrivilegeEscalation",
        "DefenseEvasion",
        "CredentialAccess",
        "Discovery",
        "LateralMovement",
        "Collection",
        "Exfiltration",
        "CommandAndControl",
        "Impact",
    }
)

TACTICS_OF: dict[str, frozenset[str]] = {
    "T1059": frozenset({"Execution"}),
    "T1078": frozenset({"DefenseEvasion", "Persistence", "PrivilegeEscalation", "InitialAccess"}),
    "T1087": frozenset({"Discovery"}),
    "T1098": frozenset({"Persistence", "PrivilegeEscalation"}),
    "T1110": frozenset({"CredentialAccess"}),
    "T1136": frozenset({"Persistence"}),
    "T1199": frozenset({"InitialAccess"}),
    "T1213": frozenset({"Collection"}),
    "T1485": frozenset({"Impact"}),
    "T1496": frozenset({"Impact"}),
    "T1499": frozenset({"Impact"}),
    "T1528": frozenset({"CredentialAccess"}),
    "T1530": frozenset({"Collection"}),
    "T1531": frozenset({"Impact"}),
    "T1550": frozenset({"DefenseEvasion", "LateralMovement"}),
    "T1552": frozenset({"CredentialAccess"}),
    "T1556": frozenset({"CredentialAccess", "DefenseEvasion", "Persistence"}),
    "T1562": frozenset({"DefenseEvasion"}),
    "T1567": frozenset({"Exfiltration"}),
    "T1580": frozenset({"Discovery"}),
    "T1606": frozenset({"CredentialAccess"}),
    "T1657": frozenset({"Impact"}),
}


def _tactics(technique: str) -> frozenset[str]:
    return TACTICS_OF.get(technique.split(".")[0], frozenset())


def techniques_without_tactic(techniques: list[str], tactics: list[str]) -> list[str]:
    """The techniques (also unknown ones) none of whose tactics is named."""
    return [technique for technique in techniques if not _tactics(technique) & set(tactics)]


def tactics_without_technique(techniques: list[str], tactics: list[str]) -> list[str]:
    """The tactics that no named technique serves; none when no technique is named."""
    served = frozenset[str]().union(*map(_tactics, techniques))
    return [tactic for tactic in tactics if techniques and tactic not in served]

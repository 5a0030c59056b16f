"""Entities of Sentinel and their identifiers (Microsoft Sentinel entity types reference)."""

IDENTIFIERS: dict[str, frozenset[str]] = {
    "Account": frozenset(
        {"Name", "FullName", "NTDomain", "UPNSuffix", "AadUserId", "ObjectGuid", "Sid", "DisplayName"}
    ),
    "AzureResource": frozenset({"ResourceId"}),
    "CloudApplication": frozenset({"AppId", "Name", "InstanceName"}),
    "DNS": frozenset({"DomainName"}),
    "File": frozenset({"Directory", "Name"}),
    "FileHash": frozenset({"Algorithm", "Value"}),
    "Host": frozenset({"DnsDomain", "NTDomain", "HostName", "FullName", "NetBiosName", "AzureID"}),
    "IP": frozenset({"Address"}),
    "Mailbox": frozenset({"MailboxPrimaryAddress", "DisplayName", "Upn"}),
    "Process": frozenset({"ProcessId", "CommandLine", "ElevationToken", "CreationTimeUtc"}),
    "SecurityGroup": frozenset({"DistinguishedName", "SID", "ObjectGuid"}),
    "URL": frozenset({"Url"}),
}


def check_identifier(entity: str, identifier: str) -> None:
    """Raises `ValueError` unless Sentinel knows the entity type and this identifier of it."""
    if entity not in IDENTIFIERS:
        raise ValueError(f"{entity!r} is not an entity type of Sentinel; one of {', '.join(sorted(IDENTIFIERS))}")
    if identifier not in IDENTIFIERS[entity]:
        known = ", ".join(sorted(IDENTIFIERS[entity]))
        raise ValueError(f"{identifier!r} identifies no {entity}; one of {known}")

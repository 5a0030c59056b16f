"""Addresses and networks in CIDR notation, IPv4 and IPv6."""

import ipaddress


def in_network(network: str, address: str) -> bool:
    """Whether the address lies in the network; false where either is malformed."""
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def address_order(written: str) -> tuple[int, int] | None:
    """What an address sorts by, version 4 before 6; `None` for what is none."""
    try:
        address = ipaddress.ip_address(written)
    except ValueError:
        return None
    return address.version, int(address)


def is_network(written: str) -> bool:
    """Whether this is an address, a slash and a prefix length."""
    try:
        ipaddress.ip_network(written, strict=False)
    except ValueError:
        return False
    return "/" in written

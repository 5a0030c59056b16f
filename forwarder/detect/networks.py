"""Networks as rules tell them apart: 198.51.100 for 198.51.100.7, 2001:db8 for 2001:db8::17.

The same text as the searches cut from an address: all before the third dot, or before the second colon.
"""

import ipaddress
from collections.abc import Iterator
from typing import NamedTuple

LARGEST = {4: 12, 6: 20}
"""The shortest prefix that is taken apart: 4,096 rows."""


class Network(NamedTuple):
    """One row of the lookup."""

    network: str
    name: str


def networks_of(told: ipaddress.IPv4Network | ipaddress.IPv6Network) -> Iterator[str]:
    """Every network that the range has addresses in."""
    if isinstance(told, ipaddress.IPv4Network):
        for network in told.supernet(new_prefix=min(24, told.prefixlen)).subnets(new_prefix=24):
            yield str(network.network_address).rpartition(".")[0]
    else:
        for part in told.supernet(new_prefix=min(32, told.prefixlen)).subnets(new_prefix=32):
            first, second = (int(group, 16) for group in part.network_address.exploded.split(":")[:2])
            yield f"{first:x}:{second:x}"
            if second == 0:
                yield f"{first:x}:"

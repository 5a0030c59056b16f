"""`claude-siem lookups networks`: names of the organization's own networks, from address ranges."""

import ipaddress
from pathlib import Path
from typing import Annotated

import typer

from forwarder.cli.lookups.tables import Output, lines, write
from forwarder.detect.lookups import MIN_PREFIX, LookupNetwork, networks_of
from forwarder.errors import Misconfigured


def networks(
    ranges: Annotated[Path, typer.Option(help="CSV: range,name, such as 198.51.100.0/22,Berlin office.")],
    output: Output = None,
) -> None:
    """Make claude_networks.csv: the lookup file for Splunk, the watchlist ClaudeNetworks for Sentinel.

    Rules distinguish networks by /24 (IPv6: /32), so a smaller range names the whole /24. Ranges with the same name
    count as one network.
    """
    names: dict[str, tuple[str, str]] = {}
    for where, line in lines(ranges, "range", "name"):
        for network in networks_of(_range(line["range"], where)):
            name, first = names.setdefault(network, (line["name"], where))
            if name != line["name"]:
                raise Misconfigured(
                    f"{where}: network {network} is named {line['name']!r} here and {name!r} in {first}; use one name"
                )
    write(output, LookupNetwork._fields, (LookupNetwork(network, name) for network, (name, _) in names.items()))


def _range(text: str, where: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        address_range = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise Misconfigured(f"{where}: {text!r} is not an address range such as 198.51.100.0/22") from None
    if address_range.prefixlen < (limit := MIN_PREFIX[address_range.version]):
        raise Misconfigured(f"{where}: {text} is larger than /{limit}; list the ranges that you use")
    return address_range

"""`claude-siem lookups networks`: names for the organization's own networks, from address ranges."""

import ipaddress
from pathlib import Path
from typing import Annotated

import typer

from forwarder.cli.lookups.tables import Output, lines, write
from forwarder.detect.networks import LARGEST, Network, networks_of
from forwarder.errors import Misconfigured


def networks(
    ranges: Annotated[Path, typer.Option(help="CSV: range,name, such as 198.51.100.0/22,Berlin office.")],
    output: Output = None,
) -> None:
    """Make claude_networks.csv: for Splunk the lookup file, for Sentinel the watchlist ClaudeNetworks.

    Rules tell networks apart by /24 (IPv6: /32); a smaller range names the whole of it. Ranges of one name are one
    network to them.
    """
    names: dict[str, tuple[str, str]] = {}
    for where, line in lines(ranges, "range", "name"):
        for network in networks_of(_range(line["range"], where)):
            name, first = names.setdefault(network, (line["name"], where))
            if name != line["name"]:
                raise Misconfigured(f"{where}: network {network} is {line['name']!r} here and {name!r} in {first}")
    write(output, Network._fields, (Network(network, name) for network, (name, _) in names.items()))


def _range(text: str, where: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        told = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise Misconfigured(f"{where}: {text!r} is no address range, such as 198.51.100.0/22") from None
    if told.prefixlen < LARGEST[told.version]:
        raise Misconfigured(f"{where}: {text} is larger than /{LARGEST[told.version]}; name the parts that are yours")
    return told

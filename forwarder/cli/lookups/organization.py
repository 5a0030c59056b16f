"""`claude-siem lookups people|keys|networks`: the people, API keys and networks of the organization."""

import ipaddress
from pathlib import Path
from typing import Annotated

import typer

from forwarder.cli import terminal
from forwarder.cli.lookups.tables import Output, lines, write
from forwarder.detect import history_events
from forwarder.detect.lookups import (
    MIN_PREFIX,
    KeyOverrides,
    LookupKey,
    LookupNetwork,
    LookupPerson,
    keys_of,
    networks_of,
    people_of,
)
from forwarder.errors import Misconfigured

Events = Annotated[list[Path], typer.Argument(metavar="PATH...", help="Archives (folders) or NDJSON files of events.")]


def people(
    paths: Events,
    groups: Annotated[
        Path | None, typer.Option("--people", help="CSV: user,group, as for the calendar; users are e-mail addresses.")
    ] = None,
    output: Output = None,
) -> None:
    """Make claude_people.csv: the lookup file for Splunk, the watchlist ClaudePeople for Sentinel.

    People come from the member list and from activities; departed users are left out. Run it again when people join
    or change teams.
    """
    group_of = {line["user"].lower(): line["group"] for _, line in lines(groups, "user", "group")}
    found = people_of(history_events(paths), group_of)
    write(output, LookupPerson._fields, found)
    known = {person.user.lower() for person in found}
    if missing := sorted(group_of.keys() - known):
        terminal.warn(
            f"{groups}: {len(missing)} of {len(group_of)} users are in no event, such as {missing[0]}; they are left "
            "out, because rules identify people by user id"
        )


def keys(
    paths: Events,
    previous: Annotated[
        Path | None, typer.Option(help="An earlier claude_keys.csv; its contacts and age limits are kept.")
    ] = None,
    output: Output = None,
) -> None:
    """Make claude_keys.csv: the lookup file for Splunk, the watchlist ClaudeKeys for Sentinel.

    One row per key of the newest inventory. `contact` is the owner's address where it is known; fill in the others.
    Set `max_age_days` for a key with another age limit than the rules have.
    """
    overrides = {
        line["key"]: KeyOverrides(line["contact"], _max_age(line["max_age_days"], where))
        for where, line in lines(previous, "key", "contact", "max_age_days")
    }
    write(output, LookupKey._fields, keys_of(history_events(paths), overrides))


def _max_age(text: str, where: str) -> str:
    if text and not (text.isascii() and text.isdigit() and int(text)):
        raise Misconfigured(f"{where}: max_age_days is {text!r}; it must be a number of days (1 or more) or empty")
    return text


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

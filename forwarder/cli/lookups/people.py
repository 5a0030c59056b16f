"""`claude-siem lookups people`: all people in the events, with the peer group that a CSV file assigns."""

from pathlib import Path
from typing import Annotated

import typer

from forwarder.cli.lookups.tables import Output, lines, write
from forwarder.detect import history_events
from forwarder.detect.lookups import LookupPerson, people_of

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
        typer.echo(
            f"{groups}: {len(missing)} of {len(group_of)} users are in no event, such as {missing[0]}; they are left "
            "out, because rules identify people by user id",
            err=True,
        )

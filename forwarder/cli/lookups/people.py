"""`claude-siem lookups people`: everybody whom the events name, with the peer group that a file gives them."""

from pathlib import Path
from typing import Annotated

import typer

from forwarder.cli.lookups.tables import Output, lines, write
from forwarder.detect import history_events
from forwarder.detect.registers import Person, people_of

Events = Annotated[list[Path], typer.Argument(metavar="PATH...", help="Archives (folders) or NDJSON files of events.")]


def people(
    paths: Events,
    groups: Annotated[
        Path | None, typer.Option("--people", help="CSV: user,group, as for the calendar; users are e-mail addresses.")
    ] = None,
    output: Output = None,
) -> None:
    """Make claude_people.csv: for Splunk the lookup file, for Sentinel the watchlist ClaudePeople.

    Members come from the list of members and from what people did; who has left is left out. Run again after people
    came or changed teams.
    """
    group_of = {line["user"].lower(): line["group"] for _, line in lines(groups, "user", "group")}
    found = people_of(history_events(paths), group_of)
    write(output, Person._fields, found)
    known = {person.user.lower() for person in found}
    if unseen := sorted(group_of.keys() - known):
        typer.echo(
            f"{len(unseen)} of {len(group_of)} in {groups} are in no event, such as {unseen[0]}: left out, because "
            "rules know people by their user id",
            err=True,
        )

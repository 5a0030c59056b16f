"""`claude-siem lookups`: makes the lookups that tune the rules.

Each lookup is a CSV file of the Splunk app and, under another name, a watchlist of Sentinel. People and keys come from
the forwarder's own events; what only the organization knows comes from small CSV files.
"""

import typer

from forwarder.cli.lookups.calendar import calendar
from forwarder.cli.lookups.organization import keys, networks, people

app = typer.Typer(help="Make the lookups that tune the rules: calendar, people, keys, networks.", no_args_is_help=True)
for command in (calendar, people, keys, networks):
    app.command(command.__name__)(command)

"""`claude-siem lookups`: the tables that tune the rules, from what an organization has. A file a table.

Each table is a lookup file of the Splunk app and, under another name, a watchlist of Sentinel. What is known of people
and keys comes from the forwarder's own events; what only the organization knows comes from small CSV files.
"""

import typer

from forwarder.cli.lookups.calendar import calendar
from forwarder.cli.lookups.keys import keys
from forwarder.cli.lookups.networks import networks
from forwarder.cli.lookups.people import people

app = typer.Typer(help="Make the tables that tune the rules: calendar, people, keys, networks.", no_args_is_help=True)
for command in (calendar, people, keys, networks):
    app.command(command.__name__)(command)

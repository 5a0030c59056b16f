"""`claude-siem catalogue`: how every activity type is mapped, a line a type."""

import typer

from forwarder.ocsf.listing import mappings


def catalogue() -> None:
    """Print type, OCSF class, activity, object, severity and status of every activity type, tab-separated."""
    for mapping in mappings():
        typer.echo("\t".join(str(part) for part in mapping))

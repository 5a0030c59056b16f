"""Instants as options give them."""

from datetime import datetime

import typer

from forwarder.config.units import parse_instant


def instant(text: str) -> datetime:
    """An instant with its zone, such as 2026-04-01T00:00:00Z. Raises `typer.BadParameter`."""
    try:
        return parse_instant(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None

"""The commands: parse, call, print. One file a command group; nothing is decided here."""

from forwarder.cli.app import main

__all__ = ["main"]

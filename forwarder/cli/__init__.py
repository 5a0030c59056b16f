"""The command line: parses options, calls the other packages, prints results. One file per command; no logic here."""

from forwarder.cli.app import main

__all__ = ["main"]

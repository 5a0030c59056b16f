"""What settings are made of: sections, units, secrets, and how a file and the environment become a checked model.

It knows no source and no sink: `forwarder.settings` puts their settings together. Nobody else reads files or the
environment.
"""

from forwarder.config.load import load, one_of
from forwarder.config.secrets import Secret
from forwarder.config.section import Section, Url, is_loopback
from forwarder.config.units import Address, Bytes, Seconds, Start

__all__ = [
    "Address",
    "Bytes",
    "Seconds",
    "Secret",
    "Section",
    "Start",
    "Url",
    "is_loopback",
    "load",
    "one_of",
]

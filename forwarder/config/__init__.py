"""Building blocks of the settings: sections, units, secrets, and loading a file and the environment into a model.

It knows no source and no sink; `forwarder.settings` combines their settings. Only this package reads the settings file
and the environment.
"""

from forwarder.config.load import load
from forwarder.config.messages import one_of
from forwarder.config.secrets import Secret
from forwarder.config.section import Section, Url
from forwarder.config.small_file import NotText, read_small_text
from forwarder.config.units import Address, Bytes, Seconds, Start
from forwarder.proxies import is_loopback

__all__ = [
    "Address",
    "Bytes",
    "NotText",
    "Seconds",
    "Secret",
    "Section",
    "Start",
    "Url",
    "is_loopback",
    "load",
    "one_of",
    "read_small_text",
]

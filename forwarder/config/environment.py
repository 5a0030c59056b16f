"""Settings in environment variables: which variable sets which key, and which fits nothing.

`CLAUDE_SIEM__SINKS__SPLUNK__TOKEN` sets `sinks.splunk.token` and overrides the file.
"""

import re
from collections.abc import Container, Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from forwarder.config.document import KeyPath, parse_document
from forwarder.errors import Misconfigured

PREFIX = "CLAUDE_SIEM__"
_ALMOST = "CLAUDE_SIEM_"
_OF_KUBERNETES = re.compile(r"_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$")
"""Kubernetes sets these in every pod for a Service, which may well be named `claude-siem-status`."""
_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
_CREDENTIALS = re.compile(r"AZURE_(CLIENT_SECRET|PASSWORD|CLIENT_CERTIFICATE_PASSWORD)|IDENTITY_HEADER|MSI_SECRET")
"""What azure-identity reads by itself."""


def overlay(tree: dict[str, Any], environment: Mapping[str, str], sections: Container[str]) -> dict[KeyPath, str]:
    """Set the values of the environment in `tree`; the variable of each key path that was set.

    `sections`: the keys at the top of the file. Raises `Misconfigured` for a variable that fits nothing, as far as that
    is known without the model.
    """
    origins: dict[KeyPath, str] = {}
    for name, value in environment.items():
        if name.startswith(PREFIX):
            path = tuple(name.removeprefix(PREFIX).lower().split("__"))
            _set(tree, path, name, value)
            origins[path] = name
        elif name.startswith(_ALMOST) and not _OF_KUBERNETES.search(name):
            section = name.removeprefix(_ALMOST).partition("_")[0]
            if section.lower() in sections:
                fix = f"two underscores separate the levels of a setting: {PREFIX}{section}__…"
                raise Misconfigured(f"environment variable {name}: sets nothing; {fix}")
    return origins


def foreign_secrets(environment: Mapping[str, str]) -> Iterator[str]:
    """The secrets in variables that are not ours, but read by the libraries that connect: proxies, Azure."""
    for name, value in environment.items():
        if name.upper() in _PROXIES:
            yield from _credentials_in(value)
        elif _CREDENTIALS.fullmatch(name):
            yield value


def _credentials_in(url: str) -> Iterator[str]:
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
    except ValueError:
        return
    if parts.password:
        yield parts.password
        yield unquote(parts.password)


def _set(tree: dict[str, Any], path: KeyPath, name: str, value: str) -> None:
    if not all(path):
        raise Misconfigured(f"environment variable {name}: names no setting; write {PREFIX}SINKS__SPLUNK__TOKEN")
    section = tree
    for parent in path[:-1]:
        if section.get(parent) is None:
            section[parent] = {}
        if not isinstance(section[parent], dict):
            raise Misconfigured(f"environment variable {name}: {parent} is a value in the file, not a section")
        section = section[parent]
    section[path[-1]] = _parsed(name, value)


def _parsed(name: str, value: str) -> Any:
    """A list or a mapping is written as in YAML; everything else is taken as it is."""
    if value[:1] not in ("[", "{") and value not in ("true", "false"):
        return value
    try:
        return parse_document(value, name).tree
    except Misconfigured:
        raise Misconfigured(f"environment variable {name}: not a valid YAML list or mapping") from None

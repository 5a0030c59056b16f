"""What an event is called. Some SDKs send `event_name`, some only the attribute `event.name`, all of them a body."""

import re
from functools import lru_cache

from forwarder.ocsf.agent.origins import Known
from forwarder.ocsf.agent.telemetry import LogRecord

_NAME = re.compile(r"[A-Za-z][\w.:/\-]{0,127}")
_BEGINNINGS = ("claude_code.", "cowork.")


def event_name(record: LogRecord) -> str:
    """`event_name`, else the attribute `event.name`, else a body that can be a name; else `unknown`."""
    for given in (record.name, record.attributes.get("event.name"), record.body):
        if given.__class__ is str and given and is_name(given):
            return str(given)
    return "unknown"


@lru_cache(maxsize=4096)
def is_name(given: str) -> bool:
    """Whether a text is an identifier and nothing that people write."""
    return _NAME.fullmatch(given) is not None


@lru_cache(maxsize=4096)
def short_name(name: str) -> str:
    """The name as the documentation's tables have it, without the product."""
    for beginning in _BEGINNINGS:
        if name.startswith(beginning):
            return name.removeprefix(beginning)
    return name


def full_name(short: str, known: Known) -> str:
    """`metadata.event_code`: the short name with its product, such as `claude_code.tool_result`."""
    return f"{known.service.code}.{short}" if known.service.code else short

"""Durations as rules write them (`15m`, `1h`, `14d`) and in the formats of both SIEMs."""

import re
from typing import Annotated

from pydantic import AfterValidator

_UNIT_MINUTES = {"m": 1, "h": 60, "d": 1440}
_DURATION = re.compile(r"([1-9]\d*)([mhd])")


def _known(text: str) -> str:
    if not _DURATION.fullmatch(text):
        raise ValueError(f"{text!r} is not a duration; write minutes, hours or days, such as 15m, 1h or 14d")
    return text


Duration = Annotated[str, AfterValidator(_known)]
"""Text such as `15m`; KQL and the Azure-Sentinel repository read it as it is."""


def minutes(duration: str) -> int:
    """The duration in minutes."""
    return int(duration[:-1]) * _UNIT_MINUTES[duration[-1]]


def iso8601(duration: str) -> str:
    """The duration for Azure Resource Manager: `PT1H`, `P14D`."""
    return ("P" if duration.endswith("d") else "PT") + duration.upper()

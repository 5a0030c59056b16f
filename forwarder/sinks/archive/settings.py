"""Where the archive is, and for how long a day of it is kept."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from forwarder.sinks.base import SinkSettings


class ArchiveSettings(SinkSettings):
    """A folder of gzip NDJSON, each line chained to the one before by its hash."""

    type: Literal["archive"] = "archive"
    path: Path = Field(description="the folder")
    keep: int | None = Field(None, ge=1, le=36500, description="for how many days a day is kept; none: for ever")

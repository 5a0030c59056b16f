"""The rules and what is deployed to a SIEM, as files: `detections/`, `sentinel/` and `splunk_app/` of the project.

A checkout has them as folders beside the package. A wheel has them in `content.zip`, which `setup.py` writes when it is
built: the installed package keeps one top-level name, and nothing compressed is kept in version control.
"""

import zipfile
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

ARCHIVE = "content.zip"


def bundled(path: str) -> Traversable:
    """The file or folder at `path`, as it is called in the project. It may not exist: ask it."""
    return _root().joinpath(path)


@cache
def _root() -> Traversable:
    archive = files("forwarder").joinpath(ARCHIVE)
    return zipfile.Path(archive.open("rb")) if archive.is_file() else Path(__file__).parent.parent

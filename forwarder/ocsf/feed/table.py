"""The table of activity types as written: `themes/*.yaml`, whose README says what an entry may hold."""

from pathlib import Path
from typing import Any

from forwarder.ocsf.core.yaml_tables import read_table

FOLDER = Path(__file__).with_name("themes")
_OF_THE_THEME = ("about", "types")


def families(folder: Path = FOLDER) -> dict[str, dict[str, Any]]:
    """Every theme by name, in alphabetical order: what it is `about`, what holds for all its `types`, and these."""
    return {path.stem: read_table(path) for path in sorted(folder.glob("*.yaml"))}


def entries(folder: Path = FOLDER) -> dict[str, dict[str, Any]]:
    """Every activity type with its own keys over its theme's, and `theme`. Raises `ValueError` for one told twice."""
    found: dict[str, dict[str, Any]] = {}
    for theme, family in families(folder).items():
        shared = {key: value for key, value in family.items() if key not in _OF_THE_THEME}
        for code, entry in family["types"].items():
            if code in found:
                raise ValueError(f"{code}: in {theme}.yaml and in {found[code]['theme']}.yaml; one of them has to go")
            found[code] = {**shared, **entry, "theme": theme}
    return found

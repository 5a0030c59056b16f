"""What follows from an entry of the registry: settings, starter file, documentation and a stand-in for every kind."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from forwarder.records import KeyFields
from forwarder.settings import load_settings, starter_file
from forwarder.simulator import stand_ins
from forwarder.sinks import SINKS, build_sink
from forwarder.sinks.sentinel.columns import PROMOTED
from forwarder.sinks.splunk.sink import INDEXED_FIELDS
from tools import configuration_page


def test_every_key_field_is_an_indexed_field_or_a_promoted_column() -> None:
    """A key field that no SIEM gets, and a table that names one which does not exist, are both mistakes."""
    indexed, promoted = {key for _, key in INDEXED_FIELDS}, {column.key_field for column in PROMOTED}
    assert indexed | promoted == set(KeyFields._fields)


def starter(*enabled: str) -> dict[str, Any]:
    """The starter file with these sinks enabled."""
    settings: dict[str, Any] = yaml.safe_load(starter_file())
    for kind, sink in settings["sinks"].items():
        sink["enabled"] = kind in enabled
    return settings


def test_every_kind_has_a_stand_in_and_every_stand_in_a_kind() -> None:
    folder = Path(stand_ins.__file__).parent
    assert {file.stem for file in folder.glob("*.py")} - {"__init__"} == set(SINKS)
    assert all(issubclass(stand_ins.stand_in_class(kind), stand_ins.StandIn) for kind in SINKS)


def test_the_starter_file_has_every_kind_and_enables_the_first() -> None:
    sinks = yaml.safe_load(starter_file())["sinks"]
    assert list(sinks) == list(SINKS)
    assert [kind for kind, sink in sinks.items() if sink["enabled"]] == [next(iter(SINKS))]


@pytest.mark.parametrize("kind", SINKS)
def test_a_kind_enabled_in_the_starter_file_is_a_valid_sink_with_values_of_ones_own(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "claude-siem.yaml"
    own = yaml.safe_dump(starter(kind)).replace("example.", "corp.example.").replace("00000000", "12345678")
    file.write_text(own)
    enabled = load_settings(file, {}).enabled_sinks()
    assert list(enabled) == [kind]
    assert build_sink(kind, enabled[kind]).name == kind


@pytest.mark.parametrize("kind", SINKS)
def test_the_configuration_page_has_every_key_of_a_kind(kind: str) -> None:
    page = configuration_page.page()
    section = page.split(f"## sinks.NAME (type: {kind})")[1].split("\n## ")[0]
    assert all(f"| `{name}` |" in section for name in SINKS[kind].settings.model_fields if name != "type")
    assert f"`{kind}`" in page.split("\n## ")[0]

"""Every source of the registry has what it needs elsewhere: settings, an OCSF mapping, a stand-in in the simulator."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from forwarder.ocsf.admin.lists import list_mappings
from forwarder.ocsf.admin.usage import REPORT_MAPPINGS
from forwarder.settings import SourcesSettings
from forwarder.sources import SOURCES
from tests.sources.admin_world import ADMIN_SOURCES, AdminWorld

LISTS = {name: kind.inventory_list for name, kind in SOURCES.items() if kind.inventory_list}
KINDS_OF_OBJECTS = {name: {name, *inventory_list.sub_lists} for name, inventory_list in LISTS.items()}
REPORTS = [name for name in ADMIN_SOURCES if name not in LISTS]


def test_every_source_has_settings_under_its_name() -> None:
    assert list(SourcesSettings.model_fields) == [*SOURCES, "otlp"]
    assert [name for name, kind in SOURCES.items() if kind.settings().enabled] == ["activities"]


def test_every_list_has_an_ocsf_mapping_and_every_mapping_a_list() -> None:
    assert list_mappings().keys() == set().union(*KINDS_OF_OBJECTS.values())


def test_every_report_has_an_ocsf_mapping_and_every_mapping_a_report() -> None:
    assert list(REPORT_MAPPINGS) == REPORTS


@pytest.mark.parametrize("name", ADMIN_SOURCES)
def test_every_list_and_report_is_read_from_its_stand_in_and_becomes_events(name: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        world = AdminWorld(stack, tmp_path)
        assert {record.source for record in world.read(name)} == KINDS_OF_OBJECTS.get(name, {name})
        assert world.dead_letters() == []

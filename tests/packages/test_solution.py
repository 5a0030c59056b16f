"""The solution folder is whole: lists name every file, the archive is the same twice, the page tells what there is."""

import hashlib
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import yaml

from tests.packages.arm import TEMPLATE
from tests.packages.solution import PACKAGE, PACKAGE_FILES, SENTINEL
from tests.playbooks.world import TEMPLATES as PLAYBOOKS
from tools import sentinel_package
from tools.content.files import made_files
from tools.content.folder import Content

DATA: dict[str, Any] = yaml.safe_load((SENTINEL / "Data/Solution_ClaudeSIEM.json").read_text())
METADATA: dict[str, Any] = json.loads((SENTINEL / "SolutionMetadata.json").read_text())
PAGE = (SENTINEL.parent / "docs" / "sentinel.md").read_text()
FOLDERS = {
    "Analytic Rules": "*.yaml",
    "Hunting Queries": "*.yaml",
    "Parsers": "*.yaml",
    "Playbooks": "*/azuredeploy.json",
    "Watchlists": "*.json",
    "Workbooks": "*.json",
    "Data Connectors": "*/*_ConnectorDefinition.json",
}


def test_the_packagers_input_lists_every_file_but_asims_and_no_other() -> None:
    for folder, pattern in FOLDERS.items():
        paths = [path for path in (SENTINEL / folder).glob(pattern) if "ParserName:" not in path.read_text()]
        found = {path.relative_to(SENTINEL).as_posix() for path in paths}
        assert set(DATA.get(folder, [])) == found, folder
    assert (SENTINEL / DATA["Metadata"]).exists()
    assert re.fullmatch(r"3\.\d+\.\d+", DATA["Version"])
    assert DATA["Version"] in (SENTINEL / "ReleaseNotes.md").read_text()


def test_metadata_and_package_tell_the_same_solution() -> None:
    package = next(part for part in PACKAGE["resources"] if part["type"].endswith("/contentPackages"))["properties"]
    assert PACKAGE["variables"]["_solutionId"] == f"{METADATA['publisherId']}.{METADATA['offerId']}"
    assert package["version"] == PACKAGE["variables"]["_solutionVersion"] == DATA["Version"]
    assert package["providers"] == METADATA["providers"]
    assert package["categories"]["domains"] == METADATA["categories"]["domains"]
    assert package["support"] == METADATA["support"]


def test_the_logo_is_small_and_has_no_script() -> None:
    (name,) = re.findall(r"Logos/(\w+\.svg)", DATA["Logo"])
    logo = (SENTINEL / "Logos" / name).read_text()
    assert len(logo) < 5000
    assert not re.search(r"<script|<style|\bid=|<image|href", logo)


def test_making_all_files_twice_gives_the_same_bytes(content: Content) -> None:
    def digest() -> str:
        return hashlib.sha256(json.dumps(made_files(content), sort_keys=False).encode()).hexdigest()

    assert digest() == digest()


def test_the_archive_is_the_same_twice_and_holds_the_package(tmp_path: Path) -> None:
    packed = sentinel_package.archive(PACKAGE_FILES)
    assert packed == sentinel_package.archive(PACKAGE_FILES)
    (tmp_path / "package.zip").write_bytes(packed)
    with zipfile.ZipFile(tmp_path / "package.zip") as archive:
        names = archive.namelist()
        assert names == ["createUiDefinition.json", "mainTemplate.json"]
        assert {name: archive.read(name).decode() for name in names} == {name: PACKAGE_FILES[name] for name in names}


def test_the_page_names_every_parameter_playbook_and_table() -> None:
    named = set(re.findall(r"`([\w-]+)`", PAGE))
    assert TEMPLATE["parameters"].keys() <= named
    assert PLAYBOOKS.keys() <= named
    assert {f"Claude{stream}_CL" for stream in ("Activity", "Usage", "Agent", "Content")} <= named


def test_the_defaults_on_the_page_are_those_of_the_template() -> None:
    for row in re.findall(r"^\| (`.*`) \| ([^|]+) \|", PAGE, re.MULTILINE):
        for name in re.findall(r"`(\w+)`", row[0]):
            if name in TEMPLATE["parameters"] and "defaultValue" in TEMPLATE["parameters"][name]:
                default = TEMPLATE["parameters"][name]["defaultValue"]
                shown = {"[resourceGroup().location]": "the resource group's"}.get(str(default), str(default).lower())
                if str(default).startswith("[parameters"):
                    shown = "as queried"
                assert row[1].strip().lower() == shown.lower(), name

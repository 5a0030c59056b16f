"""All generated files: build, compare with the disk, and write."""

from collections.abc import Mapping
from pathlib import Path

from tools.content.analytics_rules import rule_files
from tools.content.arm_template import template_file
from tools.content.asim import asim_files
from tools.content.connector import connector_files
from tools.content.dashboards import dashboard_files
from tools.content.folder import Content
from tools.content.hunting import hunt_files
from tools.content.parsers import parser_files
from tools.content.playbooks.files import playbook_files
from tools.content.rule_pages import rule_pages
from tools.content.solution.data import data_files
from tools.content.solution.hub import package_files
from tools.content.solution.inventory import inventory
from tools.content.solution.repositories import repository_files
from tools.content.splunk_app import splunk_files
from tools.content.watchlists import watchlist_files
from tools.content.workbooks import workbook_files

OWNED = (
    "splunk_app/claude_siem/lookups/*.csv",
    "splunk_app/claude_siem/default/data/ui/views/*.xml",
    "sentinel/Analytic Rules/*.yaml",
    "sentinel/Parsers/*.yaml",
    "sentinel/Watchlists/*.json",
    "sentinel/Workbooks/*.json",
    "sentinel/Data Connectors/*/*.json",
    "sentinel/Playbooks/*/*.json",
    "sentinel/deploy/*/*.json",
    "docs/detections/*.md",
)
"""Folders in which every file is generated, so that one without a source is removed."""


def made_files(content: Content) -> dict[str, str]:
    """Path from the project's root and text of every made file."""
    parts = (
        splunk_files,
        dashboard_files,
        rule_files,
        parser_files,
        asim_files,
        watchlist_files,
        workbook_files,
        hunt_files,
        connector_files,
        playbook_files,
        rule_pages,
    )
    files = {path: text for part in parts for path, text in part(content).items()}
    solution = inventory(files)
    packages = (template_file, data_files, repository_files)
    return files | {path: text for package in packages for path, text in package(solution).items()}


def hub_package(content: Content) -> dict[str, str]:
    """Name and text of the content hub's package, which is made when packing and kept nowhere."""
    return package_files(inventory(made_files(content)))


def stale(root: Path, files: Mapping[str, str]) -> list[str]:
    """The paths that are missing, different or no longer made."""
    different = [path for path, text in files.items() if _text(root / path) != text]
    return sorted(different + orphans(root, files))


def orphans(root: Path, files: Mapping[str, str]) -> list[str]:
    """Files in owned places that nothing makes any more."""
    found = (path.relative_to(root).as_posix() for pattern in OWNED for path in root.glob(pattern))
    return [path for path in found if path not in files]


def write(root: Path, files: Mapping[str, str]) -> None:
    """Writes the files that are stale and removes the orphans."""
    for path in orphans(root, files):
        (root / path).unlink()
    for path in stale(root, files):
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(files[path], encoding="utf-8")


def _text(path: Path) -> str | None:
    """What the file holds; `None` when it is missing or damaged."""
    try:
        return path.read_bytes().decode()
    except (OSError, UnicodeDecodeError):
        return None

"""The solution as made: its analytics rules by file name, and the content hub's package, which is made when packing."""

import json
from pathlib import Path
from typing import Any

import yaml

from tools.content.files import hub_package
from tools.content.folder import read

ROOT = Path(__file__).parent.parent.parent
SENTINEL = ROOT / "sentinel"
RULES: dict[str, dict[str, Any]] = {
    path.stem: yaml.safe_load(path.read_text()) for path in sorted((SENTINEL / "Analytic Rules").glob("*.yaml"))
}
PACKAGE_FILES = hub_package(read(ROOT / "detections"))
PACKAGE: dict[str, Any] = json.loads(PACKAGE_FILES["mainTemplate.json"])
WIZARD: dict[str, Any] = json.loads(PACKAGE_FILES["createUiDefinition.json"])

"""A rule.yaml that a SIEM would refuse is refused here, by file, key and reason."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.content.folder import read
from tools.content.rules import UnfitRule

Change = Callable[[dict[str, Any]], object]
RULE = "keys/revoked-key-used"


@pytest.fixture
def detections(tmp_path: Path, root: Path) -> Path:
    return Path(shutil.copytree(root / "detections", tmp_path / "detections"))


CHANGES: dict[str, tuple[Change, str]] = {
    "missing": (lambda rule: rule.pop("severity"), "severity: Field required"),
    "misspelt": (lambda rule: rule.update(severtiy="high"), "severtiy: Extra inputs are not permitted"),
    "severity": (lambda rule: rule.update(severity="critical"), "severity: Input should be"),
    "id": (lambda rule: rule.update(id="42"), "id: Input should be a valid UUID"),
    "tactic": (lambda rule: rule.update(tactics=["Initial Access"]), "'Initial Access' is no tactic"),
    "technique": (lambda rule: rule.update(mitre_attack=["T1485"]), "techniques without a tactic of theirs"),
    "entity": (lambda rule: rule["entities"][0].update(identifier="Nick"), "'Nick' identifies no"),
    "duration": (lambda rule: rule["schedule"].update(every="1 hour"), "'1 hour' is no duration"),
    "too far back": (lambda rule: rule["schedule"].update(lookback="15d"), "Sentinel takes 5m to 14d"),
    "too often": (lambda rule: rule["schedule"].update(every="30m", lookback="2d"), "every of at least 1h"),
    "family": (lambda rule: rule.update(family="tokens"), "the folder is in keys"),
    "lookup": (lambda rule: rule.update(lookups=["claude_nothing"]), "['claude_nothing'] not in lookups.yaml"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_an_unfit_rule_is_refused_with_its_key_and_reason(detections: Path, name: str) -> None:
    change, reason = CHANGES[name]
    path = detections / RULE / "rule.yaml"
    document = yaml.safe_load(path.read_text())
    change(document)
    path.write_text(yaml.safe_dump(document))
    with pytest.raises(UnfitRule) as refused:
        read(detections)
    assert f"{RULE}/rule.yaml" in str(refused.value)
    assert reason in str(refused.value)


def test_a_search_without_its_filter_is_refused(detections: Path) -> None:
    path = detections / RULE / "search.spl"
    path.write_text(path.read_text().replace("| `claude_revoked_key_used_filter`", ""))
    with pytest.raises(UnfitRule, match="must end in"):
        read(detections)

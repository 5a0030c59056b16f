"""The solution's files in one file of the forwarder's, for `claude-siem sentinel …` at a customer's."""

import json
from collections.abc import Mapping

PATH = "forwarder/azure/solution.json.xz"
_ROOT = "sentinel/"
_TAKEN = ("sentinel/azuredeploy.json", "sentinel/deploy/", "sentinel/Playbooks/")
"""What is deployed. The rest of the folder is what it is made of, or for the content hub."""


def packed_file(files: Mapping[str, str]) -> dict[str, str]:
    """Path from the project's root and text: each deployed file by its path in `sentinel/`."""
    taken = {path.removeprefix(_ROOT): text for path, text in sorted(files.items()) if path.startswith(_TAKEN)}
    return {PATH: json.dumps(taken, separators=(",", ":"), ensure_ascii=False) + "\n"}

"""The solution's files in a folder, and the commands that deploy them.

Source: Azure Resource Manager, *Create a parameter file*; Azure CLI reference, *az deployment group*.
"""

import json
from pathlib import Path
from shlex import quote

from forwarder.azure.connection import WorkspaceId
from forwarder.azure.solution import TEMPLATE, solution
from forwarder.errors import Misconfigured
from forwarder.private_files import make_folder, write_private
from forwarder.sinks.sentinel import SentinelSettings

DEPLOY = "deploy (`claude-siem sentinel package` writes the files and prints the commands)"
"""The fix for missing content."""
PARAMETERS = "azuredeploy.parameters.json"
_SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#"
NAME = "claude-siem"
"""Name of the deployment."""


class SolutionPackage:
    """The files for one folder: the same bytes for the same version and settings."""

    def __init__(self, folder: Path, settings: SentinelSettings | None) -> None:
        """`settings` is the sink; `None`: no settings yet."""
        self._folder = folder
        self.files = {**solution(), PARAMETERS: _parameters(settings)}

    def write(self, force: bool) -> int:
        """Write the files; returns how many. Other files in the folder are kept.

        Raises `Misconfigured` when the folder holds other or changed files, unless `force`d, or cannot be written.
        """
        try:
            if not force:
                self._refuse_others()
            for path, text in self.files.items():
                target = self._folder / path
                make_folder(target.parent)
                write_private(target, text.encode())
        except OSError as error:
            raise Misconfigured(f"--output {self._folder}: {error.filename}: {error.strerror}") from None
        return len(self.files)

    def _refuse_others(self) -> None:
        others = sorted(path for path in self._folder.rglob("*") if not path.is_dir() and not self._same(path))
        if others:
            text = f"--output {self._folder} holds {len(others)} files that are not this version's, such as {others[0]}"
            raise Misconfigured(f"{text}; choose an empty folder, or --force to overwrite files of the same names")

    def _same(self, path: Path) -> bool:
        shipped = self.files.get(path.relative_to(self._folder).as_posix())
        return shipped is not None and path.read_bytes() == shipped.encode()


def commands(folder: Path, settings: SentinelSettings | None) -> list[str]:
    """The commands that deploy the folder, a comment before each step."""
    what = f"{_target(settings)} --name {NAME} --template-file {_shell(folder / TEMPLATE)}"
    given = f'--parameters {_shell(folder / PARAMETERS)} --parameters principalId="$PRINCIPAL_ID"'
    return [
        "# The object id of the identity that sends the events; for a managed identity see the portal.",
        f"PRINCIPAL_ID=$(az ad sp show --id {_client(settings)} --query id --output tsv)",
        "# Validate the template.",
        f"az deployment group validate {what} {given}",
        "# Show the changes. Nothing is deleted, but rules, functions and watchlists are reset to the shipped ones.",
        f"az deployment group what-if {what} {given}",
        "# Deploy; again with --parameters enableRules=true once events arrive.",
        f"az deployment group create {what} {given}",
        "# Show the sink's endpoint and rule_id.",
        f"az deployment group show {_target(settings)} --name {NAME} --query properties.outputs",
    ]


def _parameters(settings: SentinelSettings | None) -> str:
    known = {"workspace": {"value": _workspace(settings).name}}
    content = {"$schema": _SCHEMA, "contentVersion": "1.0.0.0", "parameters": known}
    return json.dumps(content, indent=2) + "\n"


def _target(settings: SentinelSettings | None) -> str:
    where = _workspace(settings)
    return f"--subscription {quote(where.subscription)} --resource-group {quote(where.group)}"


def _workspace(settings: SentinelSettings | None) -> WorkspaceId:
    """The workspace of the settings; placeholders where it is not set."""
    known = settings.management.workspace if settings else None
    return WorkspaceId.of(known) if known else WorkspaceId("", "SUBSCRIPTION", "RESOURCE_GROUP", "WORKSPACE")


def _client(settings: SentinelSettings | None) -> str:
    return quote(settings.client_id) if settings and settings.client_id else "CLIENT_ID"


def _shell(path: Path) -> str:
    return quote(str(path))

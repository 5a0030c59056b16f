"""A world for playbooks: all services on one stage, incidents as Sentinel hands them over, playbooks as deployed."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.playbooks.azure import INCIDENTS, Azure, now
from tests.playbooks.services import Anthropic, Jira, ServiceNow
from tests.playbooks.stage import Stage
from tests.playbooks.workflow import Run, run

FOLDER = Path(__file__).parent.parent.parent / "sentinel" / "Playbooks"
TEMPLATES: dict[str, dict[str, Any]] = {
    path.parent.name: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*/azuredeploy.json"))
}
Entity = dict[str, Any]
Incident = dict[str, Any]
RULE = "6f0c2b7e-3a4d-4f0a-9a51-0d9c1f3b7a11"
OTHER_RULE = "11111111-2222-4333-8444-555555555555"
ADA: Entity = {"kind": "Account", "name": "e1", "properties": {"accountName": "ada", "upnSuffix": "example.com"}}
KEY: Entity = {"kind": "CloudApplication", "name": "e2", "properties": {"appName": "apikey_01Rj2N8SVvo6BePZj99NhmiT"}}
ADDRESS: Entity = {"kind": "Ip", "name": "e3", "properties": {"address": "192.0.2.34"}}


def workflow(template: dict[str, Any]) -> dict[str, Any]:
    """The properties of a template's workflow."""
    (found,) = (r for r in template["resources"] if r["type"] == "Microsoft.Logic/workflows")
    properties: dict[str, Any] = found["properties"]
    return properties


class World:
    """Everything that a playbook meets."""

    def __init__(self) -> None:
        self.templates = dict(TEMPLATES)
        self.azure, self.jira, self.snow, self.anthropic = Azure(), Jira(), ServiceNow(), Anthropic()
        self.azure.secrets = {
            "jira-secret": "jira-token",
            "servicenow-secret": "snow-password",
            "anthropic-admin-key": "sk-ant-admin01-test",
        }
        services = (self.azure, self.jira, self.snow, self.anthropic)
        self.stage = Stage({route: serve for service in services for route, serve in service.routes().items()})

    def incident(self, *entities: Entity, rules: tuple[str, ...] = (RULE,), **properties: Any) -> Incident:
        """A new incident, as the trigger hands it over."""
        name = str(uuid4())
        incident_properties = {
            "title": "Claude - API key used after revocation",
            "description": "An API key was used.",
            "severity": "High",
            "status": "New",
            "incidentNumber": len(self.azure.incidents) + 1,
            "incidentUrl": f"https://portal.azure.com/#incident/{name}",
            "createdTimeUtc": now(),
            "labels": [],
            "relatedAnalyticRuleIds": [f"{INCIDENTS.removesuffix('incidents')}alertRules/{rule}" for rule in rules],
            "relatedEntities": list(entities),
            **properties,
        }
        self.azure.incidents[name] = {"name": name, "properties": incident_properties}
        self.azure.comments[name] = []
        # The trigger writes the kind with a capital letter, the list of incidents without.
        id_ = f"{INCIDENTS.removesuffix('incidents')}Incidents/{name}"
        return {"object": {"id": id_, "name": name, "properties": incident_properties}}

    def play(self, playbook: str, incident: Incident, **parameters: Any) -> Run:
        """A run of a deployed playbook on an incident; `parameters`: what its user gave."""
        definition = workflow(self.templates[playbook])
        known = {
            "VaultUri": f"{self.stage.url}/vault",
            "VaultAudience": "https://vault.azure.net",
            "ResourceManager": self.stage.url,
            "AnthropicUrl": f"{self.stage.url}/anthropic",
            **_defaults(self.templates[playbook]),
            **parameters,
        }
        connections = definition["parameters"]["$connections"]["value"]
        given = {name: known[name] for name in definition["parameters"] if name != "$connections"}
        given["$connections"] = {name: {"connectionId": f"{self.stage.url}/{name}"} for name in connections}
        return run(definition["definition"], given, incident)


def _defaults(template: dict[str, Any]) -> dict[str, Any]:
    declared = {
        name: declared["defaultValue"]
        for name, declared in template["parameters"].items()
        if "defaultValue" in declared
    }
    return {name: value for name, value in declared.items() if name != "AnthropicUrl"}


@contextmanager
def opened() -> Iterator[World]:
    """A world whose services answer while the block runs."""
    world = World()
    with world.stage:
        world.azure.manager = world.stage.url
        yield world

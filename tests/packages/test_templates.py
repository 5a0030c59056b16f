"""Every template of the solution keeps the rules of Resource Manager and the models of the interfaces it calls.

The one deployment, the item templates, the playbooks and the content hub's package are checked alike, and each check is
tested with a broken template.
"""

import copy
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.packages.arm import TEMPLATE, Template, findings
from tests.packages.arm_expressions import Malformed, parsed
from tests.packages.azure_models import MODELS, UNCHECKED, wrong
from tests.packages.solution import PACKAGE, SENTINEL, WIZARD

HUB_PACKAGE = "mainTemplate.json of the package"
PATHS = ["azuredeploy.json"]
PATHS += [path.relative_to(SENTINEL).as_posix() for path in sorted(SENTINEL.glob("*/*/*.json"))]
TEMPLATES: dict[str, Template] = {path: json.loads((SENTINEL / path).read_text()) for path in PATHS}
TEMPLATES = {path: template for path, template in TEMPLATES.items() if "resources" in template}
TEMPLATES[HUB_PACKAGE] = PACKAGE
HUB = "as the content hub's own packages have it"
KNOWN = {
    "dataCollectionRules.kind: 'Direct' is none of Linux, Windows": "newer than the package: Logs Ingestion overview",
    "dataConnectorDefinitions.properties.connectorUiConfig.sampleQueries: unknown property": HUB,
    "savedSearches.properties.eTag: unknown property": HUB,
    "contentTemplates.properties.description: unknown property": HUB,
    "contentTemplates.properties.id: unknown property": HUB,
    "contentPackages.properties.descriptionHtml: unknown property": HUB,
    "contentPackages.properties.id: unknown property": HUB,
    "contentPackages.properties.kind: unknown property": HUB,
    "contentPackages.properties.parentId: unknown property": HUB,
    "AlertRuleTemplates.properties.enabled: unknown property": HUB,
    "AlertRuleTemplates.properties.incidentConfiguration: unknown property": HUB,
    "AlertRuleTemplates.properties.suppressionDuration: unknown property": HUB,
    "AlertRuleTemplates.properties.suppressionEnabled: unknown property": HUB,
}
"""What the packages have against us, and why we keep it."""


def resources(template: Template) -> Iterator[dict[str, Any]]:
    """Every resource, also of the templates in the template."""
    for resource in template["resources"]:
        yield resource
        if inner := resource.get("properties", {}).get("mainTemplate"):
            yield from resources(inner)


def test_there_are_templates_of_every_kind() -> None:
    folders = {path.split("/")[1] for path in TEMPLATES if path.startswith("deploy/")}
    assert {"AnalyticsRules", "AutomationRules", "Parsers", "Playbooks", "Watchlists"} <= folders
    assert len(TEMPLATES) > 60


@pytest.mark.parametrize("path", TEMPLATES)
def test_a_template_has_no_findings(path: str) -> None:
    assert findings(TEMPLATES[path]) == []


def test_every_resource_matches_the_model_of_its_type() -> None:
    found = {problem for template in TEMPLATES.values() for part in resources(template) for problem in wrong(part)}
    assert found == KNOWN.keys()


def test_connector_files_match_the_models_of_their_types() -> None:
    files = [json.loads(path.read_text()) for path in (SENTINEL / "Data Connectors").glob("*/*.json")]
    assert {problem for file in files for problem in wrong(file)} <= KNOWN.keys()


def test_no_type_is_left_out_of_the_check_without_being_named() -> None:
    types = {part["type"] for template in TEMPLATES.values() for part in resources(template)}
    assert types - MODELS.keys() <= UNCHECKED
    assert not UNCHECKED & MODELS.keys()


def first(template: Template, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = next(part for part in resources(template) if part["type"].endswith(f"/{kind}"))
    return found


def broken(path: str, change: Callable[[Template], Any]) -> Template:
    template = copy.deepcopy(TEMPLATES[path])
    change(template)
    return template


STRUCTURE: dict[str, tuple[Callable[[Template], Any], str]] = {
    "bracket": (lambda t: t["outputs"]["ruleId"].update(value="[reference('a').b"), "no closing bracket"),
    "round bracket": (lambda t: t["outputs"]["ruleId"].update(value="[concat('a']"), "ends too early"),
    "function": (lambda t: t["outputs"]["ruleId"].update(value="[concatenate('a')]"), "'concatenate' is no function"),
    "undeclared": (lambda t: t["parameters"].pop("workspace"), "parameters: workspace is not declared"),
    "unused": (lambda t: t["parameters"].update(spare={"type": "string"}), "parameters: spare is not used"),
    "variable": (lambda t: t.update(variables={"spare": "a"}), "variables: spare is not used"),
    "twice": (lambda t: t["resources"].append(copy.deepcopy(t["resources"][0])), "twice: "),
    "dependency": (lambda t: t["resources"].pop(0), "not in the template"),
    "scope": (lambda t: first(t, "roleAssignments").update(scope="[resourceId('A/b', 'c')]"), "not in the template"),
    "nothing": (lambda t: first(t, "alertRules").update(dependsOn=["[concat('a')]"]), "refers to nothing"),
    "version": (lambda t: first(t, "tables").pop("apiVersion"), "apiVersion is missing"),
    "size": (lambda t: t.update(metadata={"a": "x" * 5_000_000}), "bytes, over"),
}


@pytest.mark.parametrize("case", STRUCTURE)
def test_a_broken_structure_is_found(case: str) -> None:
    change, message = STRUCTURE[case]
    assert message in "\n".join(findings(broken("azuredeploy.json", change)))


def test_a_broken_nested_template_is_found() -> None:
    def change(template: Template) -> None:
        playbook = next(part for part in template["resources"] if "Playbook-" in json.dumps(part))
        first({"resources": [playbook]}, "workflows")["dependsOn"] = [
            "[[resourceId('Microsoft.Web/connections', 'none')]"
        ]

    found = findings(broken(HUB_PACKAGE, change))
    assert found
    assert all("not in the template" in finding for finding in found)


VALUES: dict[str, tuple[str, str, Callable[[dict[str, Any]], Any], str]] = {
    "severity": ("azuredeploy.json", "alertRules", lambda p: p.update(severity="Critical"), "'Critical' is none of"),
    "entity": (
        "azuredeploy.json",
        "alertRules",
        lambda p: p["entityMappings"][0].update(entityType="Person"),
        "'Person' is none of",
    ),
    "tactic": ("azuredeploy.json", "alertRules", lambda p: p["tactics"].append("Mischief"), "'Mischief' is none of"),
    "duration": ("azuredeploy.json", "alertRules", lambda p: p.update(queryPeriod="14d"), "'14d' is no duration"),
    "missing": ("azuredeploy.json", "alertRules", lambda p: p.pop("displayName"), "displayName: missing"),
    "unknown": ("azuredeploy.json", "alertRules", lambda p: p.update(querry="a"), "querry: unknown property"),
    "plan": ("azuredeploy.json", "tables", lambda p: p.update(plan="Cheap"), "'Cheap' is none of"),
    "column": (
        "azuredeploy.json",
        "tables",
        lambda p: p["schema"]["columns"][0].update(type="number"),
        "'number' is none of",
    ),
    "transform": (
        "azuredeploy.json",
        "dataCollectionRules",
        lambda p: p["dataFlows"][0].update(transformKQL="source"),
        "transformKQL: unknown property",
    ),
    "state": (
        "Playbooks/Claude-JiraIssue/azuredeploy.json",
        "workflows",
        lambda p: p.update(state="On"),
        "'On' is none",
    ),
    "action": (
        "deploy/AutomationRules/Claude-JiraIssue.json",
        "automationRules",
        lambda p: p["actions"][0].update(actionType="RunScript"),
        "'RunScript' is none of",
    ),
    "condition": (
        "deploy/AutomationRules/Claude-JiraIssue.json",
        "automationRules",
        lambda p: p["triggeringLogic"]["conditions"][0]["conditionProperties"].update(propertyName="Titel"),
        "'Titel' is none of",
    ),
    "kind of content": (
        HUB_PACKAGE,
        "contentTemplates",
        lambda p: p.update(contentKind="Rule"),
        "'Rule' is none of",
    ),
}


@pytest.mark.parametrize("case", VALUES)
def test_a_broken_value_is_found(case: str) -> None:
    path, kind, change, message = VALUES[case]
    template = broken(path, lambda t: change(first(t, kind)["properties"]))
    assert message in "\n".join(problem for part in resources(template) for problem in wrong(part))


@pytest.mark.parametrize("text", ["[a", "[]", "[parameters]", "[concat('a', )x]", "[concat('a')]]", "[-]", "['a']"])
def test_an_invalid_expression_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        parsed(text)


def unanswered(definition: dict[str, Any], template: Template) -> list[str]:
    """What a wizard gives and its template does not take, or the other way round, or takes from a page it lacks."""
    parameters = definition["parameters"]
    given = {element["name"] for element in parameters["basics"]}
    required = set(re.findall(r"basics\('([^']+)'\)", json.dumps(parameters)))
    names = [element["name"] for step in parameters["steps"] for element in step["elements"]]
    return [
        *(f"output {name}: no such parameter" for name in parameters["outputs"].keys() - template["parameters"].keys()),
        *(f"parameter {name}: not given" for name in template["parameters"].keys() - parameters["outputs"].keys()),
        *(f"basics {name}: no such element" for name in required - given),
        *(f"element {name}: twice" for name in {name for name in names if names.count(name) > 1}),
        *(f"{text}: not closed" for text in parameters["outputs"].values() if text.count("(") != text.count(")")),
    ]


def test_the_wizard_gives_what_the_package_asks_for() -> None:
    assert unanswered(WIZARD, TEMPLATES[HUB_PACKAGE]) == []
    description = WIZARD["parameters"]["config"]["basics"]["description"]
    assert description.count("**") == 2 * len(WIZARD["parameters"]["steps"])


WIZARDS: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "output": (lambda wizard: wizard["outputs"].update(spare="a"), "output spare: no such parameter"),
    "parameter": (lambda wizard: wizard["outputs"].pop("workspace"), "parameter workspace: not given"),
    "element": (lambda wizard: wizard["basics"].pop(), "basics workspace: no such element"),
    "twice": (lambda wizard: wizard["steps"].append(wizard["steps"][0]), "twice"),
    "bracket": (lambda wizard: wizard["outputs"].update(location="[location(]"), "not closed"),
}


@pytest.mark.parametrize("case", WIZARDS)
def test_a_broken_wizard_is_found(case: str) -> None:
    change, message = WIZARDS[case]
    definition = copy.deepcopy(WIZARD)
    change(definition["parameters"])
    assert message in "\n".join(unanswered(definition, TEMPLATES[HUB_PACKAGE]))


def test_the_package_consists_of_every_item_and_no_other() -> None:
    template = TEMPLATES[HUB_PACKAGE]
    criteria = first(template, "contentPackages")["properties"]["dependencies"]["criteria"]
    counts = {kind: sum(one["kind"] == kind for one in criteria) for kind in {one["kind"] for one in criteria}}
    files = {
        "AnalyticsRule": "Analytic Rules/*.yaml",
        "HuntingQuery": "Hunting Queries/*.yaml",
        "Parser": "Parsers/*.yaml",
        "Workbook": "Workbooks/*.json",
        "Playbook": "Playbooks/*/azuredeploy.json",
        "Watchlist": "Watchlists/*.json",
    }
    found = {kind: len(list(SENTINEL.glob(pattern))) for kind, pattern in files.items()}
    assert counts == {kind: count for kind, count in found.items() if count} | {"DataConnector": 1}
    offered = [part["properties"]["contentId"] for part in template["resources"] if part["type"].endswith("Templates")]
    assert {one["contentId"] for one in criteria if one["kind"] != "Watchlist"} <= {*offered, "ClaudeSIEMConnections"}


def test_item_templates_are_what_repositories_deploys_with_a_workspace_alone_functions_first() -> None:
    supported = {
        "alertRules",
        "automationRules",
        "savedSearches",
        "connections",
        "workflows",
        "workbooks",
        "watchlists",
    }
    items = {path: template for path, template in TEMPLATES.items() if path.startswith("deploy/")}
    types = {part["type"].split("/")[-1] for template in items.values() for part in template["resources"]}
    assert types <= supported
    extensions = [
        p for t in items.values() for p in t["resources"] if p["type"].startswith("Microsoft.SecurityInsights")
    ]
    assert extensions == []
    configuration = json.loads((SENTINEL / "deploy/sentinel-deployment.config").read_text())
    listed = {path.removeprefix("deploy/"): template for path, template in items.items()}
    first_ones = {path for path in listed if path.startswith(("Parsers", "Watchlists"))}
    assert set(configuration["prioritizedcontentfiles"]) == first_ones
    rest = {
        path: template["parameters"]
        for path, template in listed.items()
        if path not in configuration["excludecontentfiles"]
    }
    required = {name for wanted in rest.values() for name, one in wanted.items() if "defaultValue" not in one}
    assert required == {"workspace"}
    assert len(listed) - len(rest) == len(configuration["excludecontentfiles"])


def test_rules_and_automation_of_the_item_templates_ship_disabled() -> None:
    for path, template in TEMPLATES.items():
        if path.startswith(("deploy/AnalyticsRules", "deploy/AutomationRules")):
            (switch,) = {"enabled", "enableRules"} & template["parameters"].keys()
            assert template["parameters"][switch]["defaultValue"] is False
            for part in template["resources"]:
                properties = part["properties"]
                state = properties["enabled"] if "enabled" in properties else properties["triggeringLogic"]["isEnabled"]
                assert state == f"[parameters('{switch}')]"


def test_the_one_deployment_and_the_item_templates_have_the_same_rules_and_functions() -> None:
    def parts_of(template: Template, kind: str) -> list[str]:
        parts = (part["properties"] for part in template["resources"] if part["type"].endswith(f"/{kind}"))
        return [json.dumps(part, sort_keys=True) for part in parts]

    for kind in ("alertRules", "savedSearches", "watchlists"):
        items = [text for path, t in TEMPLATES.items() if path.startswith("deploy/") for text in parts_of(t, kind)]
        assert sorted(items) == sorted(parts_of(TEMPLATE, kind))
        assert items

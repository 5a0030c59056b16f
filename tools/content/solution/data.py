"""Name and metadata of the solution, and the input of the Azure-Sentinel repository's packager (V3)."""

from typing import Any

from tools.content.arm import as_file
from tools.content.connector import DEFINITION
from tools.content.solution.inventory import ROOT, Inventory, Item

NAME = "Claude SIEM"
VERSION = "3.0.0"
"""Of the solution; the packager begins at 3.0.0."""
PUBLISHER = "claude-siem"
OFFER = "claude-siem-for-sentinel"
SOLUTION_ID = f"{PUBLISHER}.{OFFER}"
PUBLISHED = "2026-11-21"
PROVIDERS = ["Anthropic"]
DOMAINS = ["Security - Threat Protection", "Identity", "Cloud Provider"]
SUPPORT = {"tier": "Community", "name": PUBLISHER, "link": "https://github.com/Azure/Azure-Sentinel/issues"}
LOGO = (
    '<img src="https://raw.githubusercontent.com/Azure/Azure-Sentinel/master/Logos/ClaudeSIEM.svg" '
    'width="75px" height="75px">'
)
DESCRIPTION_LINES = (
    "Claude audit, compliance, usage and agent events in OCSF, sent by the claude-siem forwarder: tables, functions, "
    "watchlists, analytics rules for off-hours activity, token usage spikes, API key misuse and visibility gaps, and "
    "playbooks for tickets, Teams and approved responses.",
    "Underlying Microsoft technologies, which may add ingestion or operational cost: Azure Monitor Logs Ingestion API "
    "(https://learn.microsoft.com/azure/azure-monitor/logs/logs-ingestion-api-overview), Azure Logic Apps "
    "(https://azure.microsoft.com/products/logic-apps).",
)
DESCRIPTION = "\n\n".join(DESCRIPTION_LINES)


def data_files(solution: Inventory) -> dict[str, str]:
    """The packager's input and the solution's metadata, under their paths."""
    return {
        f"{ROOT}Data/Solution_ClaudeSIEM.json": as_file(_packed(solution)),
        f"{ROOT}SolutionMetadata.json": as_file(_metadata()),
    }


def _metadata() -> dict[str, Any]:
    return {
        "publisherId": PUBLISHER,
        "offerId": OFFER,
        "firstPublishDate": PUBLISHED,
        "lastPublishDate": PUBLISHED,
        "providers": PROVIDERS,
        "categories": {"domains": DOMAINS, "verticals": []},
        "support": SUPPORT,
    }


def _packed(solution: Inventory) -> dict[str, Any]:
    """Paths in it are relative to the solution's folder. ASIM's parsers have their own folder in the repository."""
    functions = [item for item in solution.parsers if "FunctionName" in item.document]
    document = {
        "Name": NAME,
        "Author": PUBLISHER,
        "Logo": LOGO,
        "Description": DESCRIPTION,
        "Data Connectors": [DEFINITION.removeprefix(ROOT)],
        "Parsers": _paths(functions),
        "Workbooks": _paths(solution.workbooks),
        "Analytic Rules": _paths(solution.rules),
        "Hunting Queries": _paths(solution.hunts),
        "Playbooks": _paths(solution.playbooks),
        "Watchlists": _paths(solution.watchlists),
        "WatchlistDescription": [item.name for item in solution.watchlists],
        "BasePath": f"Solutions/{NAME}",
        "Version": VERSION,
        "Metadata": "SolutionMetadata.json",
        "TemplateSpec": True,
        "Is1PConnector": False,
    }
    return {key: value for key, value in document.items() if value != []}


def _paths(items: list[Item]) -> list[str]:
    return [item.path for item in items]

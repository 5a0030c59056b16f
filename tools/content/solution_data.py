"""`sentinel/Data/Solution_ClaudeSIEM.json`: what the Azure-Sentinel repository's packager (V3) puts together."""

import json

from forwarder import __version__
from tools.content.analytics_rules import rule_files
from tools.content.folder import Content
from tools.content.parsers import parser_files

PATH = "sentinel/Data/Solution_ClaudeSIEM.json"
DESCRIPTION = (
    "Claude audit, compliance and usage events in OCSF, sent by the claude-siem forwarder (Logs Ingestion API): "
    "functions, watchlists and analytics rules for off-hours use, token spikes and API keys that should be dead."
)


def solution_file(content: Content) -> dict[str, str]:
    """The packager's input under its path; paths in it are relative to the solution's folder."""
    solution = {
        "Name": "Claude SIEM",
        "Author": "claude-siem",
        "Logo": "",
        "Description": DESCRIPTION,
        "Analytic Rules": _inside(rule_files(content)),
        "Parsers": _inside(parser_files(content)),
        "Watchlists": [f"Watchlists/{lookup.told.watchlist}.json" for lookup in content.lookups],
        "WatchlistDescription": [lookup.told.watchlist for lookup in content.lookups],
        "BasePath": "Solutions/Claude SIEM",
        "Version": __version__,
        "Metadata": "SolutionMetadata.json",
        "TemplateSpec": True,
        "Is1PConnector": False,
    }
    return {PATH: json.dumps(solution, indent=2) + "\n"}


def _inside(files: dict[str, str]) -> list[str]:
    return [path.removeprefix("sentinel/") for path in files]

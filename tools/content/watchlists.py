"""`sentinel/Watchlists/*.json`: the lookups as watchlists, each a template of its own."""

import json
from typing import Any

from tools.content.folder import Content
from tools.content.lookups import Lookup
from tools.content.text import one_line

FOLDER = "sentinel/Watchlists"
API = "2024-09-01"
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
WORKSPACE = "[resourceId('Microsoft.OperationalInsights/workspaces', parameters('workspace'))]"


def watchlist_files(content: Content) -> dict[str, str]:
    """A template a lookup."""
    return {f"{FOLDER}/{lookup.told.watchlist}.json": _template(lookup) for lookup in content.lookups}


def _template(lookup: Lookup) -> str:
    template = {
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "parameters": {"workspace": {"type": "string", "metadata": {"description": "Log Analytics workspace name"}}},
        "resources": [watchlist(lookup)],
    }
    return json.dumps(template, indent=2) + "\n"


def watchlist(lookup: Lookup) -> dict[str, Any]:
    """The resource."""
    return {
        "type": "Microsoft.SecurityInsights/watchlists",
        "apiVersion": API,
        "scope": WORKSPACE,
        "name": lookup.told.watchlist,
        "properties": {
            "displayName": lookup.told.watchlist,
            "watchlistAlias": lookup.told.watchlist,
            "description": one_line(lookup.told.meaning),
            "provider": "claude-siem",
            "source": f"{lookup.name}.csv",
            "contentType": "text/csv",
            "numberOfLinesToSkip": 0,
            "itemsSearchKey": lookup.told.key,
            "rawContent": lookup.text,
        },
    }

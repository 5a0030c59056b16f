"""`sentinel/Watchlists/*.json`: the lookups as watchlists, each a template of its own."""

from typing import Any

from tools.content.arm import SECURITY_INSIGHTS_API, WORKSPACE, WORKSPACE_PARAMETER, as_file, deployment
from tools.content.folder import Content
from tools.content.lookups import Lookup
from tools.content.text import one_line

FOLDER = "sentinel/Watchlists"


def watchlist_files(content: Content) -> dict[str, str]:
    """A template a lookup."""
    return {f"{FOLDER}/{lookup.definition.watchlist}.json": _template(lookup) for lookup in content.lookups}


def _template(lookup: Lookup) -> str:
    return as_file(deployment({"workspace": WORKSPACE_PARAMETER}, [watchlist(lookup)]))


def watchlist(lookup: Lookup) -> dict[str, Any]:
    """The resource."""
    return {
        "type": "Microsoft.SecurityInsights/watchlists",
        "apiVersion": SECURITY_INSIGHTS_API,
        "scope": WORKSPACE,
        "name": lookup.definition.watchlist,
        "properties": {
            "displayName": lookup.definition.watchlist,
            "watchlistAlias": lookup.definition.watchlist,
            "description": one_line(lookup.definition.meaning),
            "provider": "claude-siem",
            "source": f"{lookup.name}.csv",
            "contentType": "text/csv",
            "numberOfLinesToSkip": 0,
            "itemsSearchKey": lookup.definition.key,
            "rawContent": lookup.text,
        },
    }

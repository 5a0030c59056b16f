"""`sentinel/Parsers/*.yaml`: the functions that rules read from, in the form of the Azure-Sentinel repository."""

import uuid

from forwarder import __version__
from tools.content.analytics_rules import readable
from tools.content.folder import Content, Function

FOLDER = "sentinel/Parsers"
CATEGORY = "Claude"


def parser_files(content: Content) -> dict[str, str]:
    """A file a function."""
    return {f"{FOLDER}/{function.name}.yaml": _parser(function) for function in content.functions}


def _parser(function: Function) -> str:
    return readable(
        {
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"claude-siem/functions/{function.name}")),
            "Function": {"Title": f"Claude: {function.name}", "Version": __version__},
            "Category": CATEGORY,
            "FunctionName": function.name,
            "FunctionAlias": function.name,
            "FunctionParams": function.parameters,
            "FunctionQuery": function.body + "\n",
        }
    )

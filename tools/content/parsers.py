"""`sentinel/Parsers/*.yaml`: functions that rules and people read from, in the Azure-Sentinel repository's form."""

import uuid

from forwarder import __version__
from forwarder.detect.functions import SavedFunction
from tools.content.analytics_rules import readable
from tools.content.folder import Content
from tools.content.workbook_functions import workbook_functions

FOLDER = "sentinel/Parsers"
CATEGORY = "Claude"


def parser_files(content: Content) -> dict[str, str]:
    """A file a function."""
    functions = [*content.functions, *workbook_functions(content)]
    return {f"{FOLDER}/{function.name}.yaml": _parser(function) for function in functions}


def _parser(function: SavedFunction) -> str:
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

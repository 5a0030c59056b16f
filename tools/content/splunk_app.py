"""The generated part of the Splunk app: `default/{savedsearches,macros,transforms}.conf` and `lookups/`."""

import re

from forwarder.records import STREAMS
from forwarder.sinks.splunk import SplunkSettings
from tools.content.conf import conf
from tools.content.dashboards_lookups import dashboard_lookups
from tools.content.findings import finding_macros
from tools.content.folder import Content, Detection
from tools.content.saved_searches import saved_searches

APP = "splunk_app/claude_siem"
KEEP_ALL = "search *"
_ARGUMENT = re.compile(r"\$([a-z_]+)\$")


def splunk_files(content: Content) -> dict[str, str]:
    """Path from the project's root and text."""
    return {
        f"{APP}/default/savedsearches.conf": conf(saved_searches(content)),
        f"{APP}/default/macros.conf": conf(macros(content)),
        f"{APP}/default/transforms.conf": conf(lookup_definitions(content)),
        **{f"{APP}/lookups/{lookup.name}.csv": lookup.text for lookup in content.lookups},
        **{f"{APP}/lookups/{name}.csv": text for name, text in dashboard_lookups(content).items()},
    }


def macros(content: Content) -> dict[str, dict[str, str | int]]:
    """Indexes, base macros, finding columns, then the parameters and the filter of each rule."""
    base = dict(_base(name, definition) for name, definition in content.macros.items()) | finding_macros(content)
    return _indexes() | base | {name: stanza for d in content.detections for name, stanza in _tuning(d).items()}


def _indexes() -> dict[str, dict[str, str | int]]:
    """The index of each stream, by the forwarder's default."""
    forwarder = SplunkSettings.model_construct(url="")
    return {
        f"claude_index_{stream}": {
            "definition": f"index={forwarder.index_of(stream)}",
            "description": f"Index of the stream {stream}",
            "iseval": 0,
        }
        for stream in STREAMS
    }


def _base(name: str, definition: str) -> tuple[str, dict[str, str | int]]:
    arguments = list(dict.fromkeys(_ARGUMENT.findall(definition)))
    if not arguments:
        return name, {"definition": definition, "iseval": 0}
    return f"{name}({len(arguments)})", {"args": ", ".join(arguments), "definition": definition, "iseval": 0}


def _tuning(detection: Detection) -> dict[str, dict[str, str | int]]:
    """Macros of the parameters that the search reads. The lookback is the saved search's time range."""
    parameters: dict[str, dict[str, str | int]] = {
        detection.parameter_macro(name): {
            "definition": str(parameter.default),
            "description": f"{parameter.meaning} ({parameter.unit})",
            "iseval": 0,
        }
        for name, parameter in detection.rule.parameters.items()
        if f"`{detection.parameter_macro(name)}`" in detection.spl
    }
    return parameters | {
        detection.filter_macro: {
            "definition": KEEP_ALL,
            "description": f"Excludes results of the rule {detection.rule.name}",
            "iseval": 0,
        }
    }


def lookup_definitions(content: Content) -> dict[str, dict[str, str | int]]:
    """The CSV lookups. Those that users edit ignore case."""
    tuned: dict[str, dict[str, str | int]] = {
        lookup.name: {
            "filename": f"{lookup.name}.csv",
            "case_sensitive_match": 0,
            **({"match_type": lookup.definition.match_type} if lookup.definition.match_type else {}),
        }
        for lookup in content.lookups
    }
    return tuned | {name: {"filename": f"{name}.csv"} for name in dashboard_lookups(content)}

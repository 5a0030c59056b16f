"""Tokens in and out, from the figures of a report; what is no whole number above zero counts nothing."""

from collections.abc import Iterable
from typing import Any

from forwarder.ocsf.admin.reading import Fields

_LARGEST = 2**63 - 1


def message_context(service: str, prompt: Iterable[Any], completion: Iterable[Any]) -> dict[str, Any]:
    """`message_context`: prompt tokens are all that went in: uncached, read from the cache and written to it."""
    went_in, came_out = _sum(prompt), _sum(completion)
    return {
        "service": {"name": service},
        "prompt_tokens": went_in,
        "completion_tokens": came_out,
        "total_tokens": _sum([went_in, came_out]),
    }


def of_messages(row: Fields) -> dict[str, Any]:
    """Of a row of the messages usage report."""
    written = row.get("cache_creation")
    prompt = [row.get("uncached_input_tokens"), row.get("cache_read_input_tokens")]
    prompt += written.values() if isinstance(written, dict) else []
    return message_context("Claude API", prompt, [row.get("output_tokens")])


def of_claude_code(models: list[Fields]) -> dict[str, Any]:
    """Of a row of the Claude Code usage report, over its models."""
    tokens = [told for model in models if isinstance(told := model.get("tokens"), dict)]
    prompt = [one.get(name) for one in tokens for name in ("input", "cache_read", "cache_creation")]
    return message_context("Claude Code", prompt, [one.get("output") for one in tokens])


def _sum(figures: Iterable[Any]) -> int:
    return min(sum(figure for figure in figures if figure.__class__ is int and figure > 0), _LARGEST)

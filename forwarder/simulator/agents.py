"""Claude Code on the machines of the made-up company: what its telemetry exports, as OTLP/JSON.

Source: Claude Code, Monitoring (event names, attributes; numbers and booleans often come as strings); OTLP/HTTP. What
the client's library sets was not captured from the real thing: this imitates the documented shape.
"""

import json
import random
from collections.abc import Iterator, Sequence
from typing import Any

from forwarder.simulator.admin import ConsoleOrganization, ConsoleUser
from forwarder.simulator.clock import SECOND

PATH = "/v1/logs"
_TOOLS = ("Bash", "Edit", "Read", "Grep", "mcp_tool")
_MODELS = ("claude-opus-5", "claude-sonnet-5")


def exports(organization: ConsoleOrganization, now_us: int, seed: int = 1, people: int = 12) -> Iterator[bytes]:
    """The bodies that `people` of the organization export of a session each, which ended at `now_us`."""
    dice = random.Random(f"agents {seed}")  # noqa: S311  repeatable, and no secret
    users = [user for user in organization.users() if user.email]
    for user in dice.sample(users, min(people, len(users))):
        yield _body(organization, user, _session(dice, now_us))


def _session(dice: random.Random, now_us: int) -> list[tuple[int, str, dict[str, str]]]:
    """Times, names and own attributes of a session's events: prompts, requests, decisions, results."""
    events: list[tuple[str, dict[str, str]]] = []
    for _ in range(dice.randint(1, 4)):
        events.append(("user_prompt", {"prompt_length": str(dice.randint(5, 900)), "prompt": "<REDACTED>"}))
        for _ in range(dice.randint(1, 5)):
            events += _turn(dice)
    start = now_us - len(events) * 5 * SECOND
    return [(start + number * 5 * SECOND, name, own) for number, (name, own) in enumerate(events)]


def _turn(dice: random.Random) -> list[tuple[str, dict[str, str]]]:
    tool, accepted = dice.choice(_TOOLS), dice.random() < 0.9
    tokens = {name: str(dice.randint(10, 9000)) for name in ("input_tokens", "output_tokens", "cache_read_tokens")}
    request = {"model": dice.choice(_MODELS), "duration_ms": str(dice.randint(300, 20_000)), **tokens}
    decision = {"tool_name": tool, "decision": "accept" if accepted else "reject", "source": "config"}
    result = {"tool_name": tool, "success": str(dice.random() < 0.95).lower(), "duration_ms": "120"}
    return [("api_request", request), ("tool_decision", decision), *([("tool_result", result)] if accepted else [])]


def _body(
    organization: ConsoleOrganization, user: ConsoleUser, session: Sequence[tuple[int, str, dict[str, str]]]
) -> bytes:
    standard = {
        "session.id": f"session-{user.id}-{session[0][0]}",
        "organization.id": organization.uuid,
        "user.account_id": user.id,
        "user.email": user.email,
        "terminal.type": "vscode",
    }
    records = [
        {
            "timeUnixNano": str(at_us * 1000),
            "observedTimeUnixNano": str(at_us * 1000),
            "body": {"stringValue": f"claude_code.{name}"},
            "attributes": _attributes({"event.name": name, "event.sequence": str(number), **standard, **own}),
        }
        for number, (at_us, name, own) in enumerate(session)
    ]
    resource = {"attributes": _attributes({"service.name": "claude-code", "service.version": "2.1.240"})}
    logs = {"scope": {"name": "com.anthropic.claude_code.events"}, "logRecords": records}
    return json.dumps({"resourceLogs": [{"resource": resource, "scopeLogs": [logs]}]}).encode()


def _attributes(values: dict[str, str]) -> list[dict[str, Any]]:
    return [{"key": key, "value": {"stringValue": value}} for key, value in values.items()]

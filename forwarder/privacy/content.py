"""Which telemetry attributes hold content: prompts, answers, inputs and outputs of tools.

Sources: Claude Code, Monitoring, the attributes that `OTEL_LOG_USER_PROMPTS`, `OTEL_LOG_ASSISTANT_RESPONSES`,
`OTEL_LOG_TOOL_DETAILS`, `OTEL_LOG_TOOL_CONTENT` and `OTEL_LOG_RAW_API_BODIES` unlock; Cowork, Monitoring; Office
agents, OpenTelemetry; OpenTelemetry semantic conventions, Generative AI and Exceptions; OpenInference.
"""

import re
from functools import lru_cache

LONGEST = 256
"""Characters. Longer text is content under any name."""

NAMES = frozenset(
    {
        # Claude Code and Cowork
        "prompt",
        "response",
        "tool_input",
        "tool_parameters",
        "tool_output",
        "tool_result",
        "tool_response",
        "tool_content",
        "hook_definitions",
        "error",
        "body",
        "log_body",
        "user_prompt",
        "assistant_response",
        "system_prompt",
        "new_context",
        "command",
        "full_command",
        "bash_command",
        # Office agents
        "user.message",
        "assistant.message",
        "document.url",
        "document.title",
        "document.name",
        "tool.input",
        "tool.output",
        "tool.result",
        "tool.parameters",
        # Spans of the Claude API, and other senders that follow the semantic conventions
        "message",
        "error.message",
        "exception.message",
        "exception.stacktrace",
        "gen_ai.prompt",
        "gen_ai.completion",
        "gen_ai.input.messages",
        "gen_ai.output.messages",
        "gen_ai.system_instructions",
        "gen_ai.tool.call.arguments",
        "gen_ai.tool.call.result",
        "gen_ai.tool.definitions",
        "gen_ai.event.content",
        "input.value",
        "output.value",
        "db.query.text",
        "db.statement",
        "url.query",
        "http.request.body",
        "http.response.body",
    }
)
BEGINNINGS = (
    "gen_ai.prompt.",
    "gen_ai.completion.",
    "gen_ai.input.messages.",
    "gen_ai.output.messages.",
    "llm.input_messages",
    "llm.output_messages",
    "llm.prompts",
    "llm.completions",
)
"""Beginnings of attributes that hold one message in many parts."""
_REPEATED = "\ufffd"
"""Follows the name of an attribute that comes more than once in a record."""
_IDENTIFIER = re.compile(r"[A-Za-z][\w.:/\-]{0,127}")


@lru_cache(maxsize=4096)
def is_content(name: str) -> bool:
    """Whether an attribute of this name, at most `LONGEST` characters, holds content, whatever its value."""
    return name.partition(_REPEATED)[0] in NAMES or name.startswith(BEGINNINGS)


@lru_cache(maxsize=4096)
def is_identifier(text: str) -> bool:
    """Whether a text of at most `LONGEST` characters is a name of an event or metric and none that a person writes.

    A longer text is no name; the cache would hold thousands of them.
    """
    return _IDENTIFIER.fullmatch(text) is not None

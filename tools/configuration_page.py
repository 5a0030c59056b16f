"""`docs/configuration.md`, made from the settings model: `python -m tools.configuration_page [--check]`."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from forwarder.anthropic import AnthropicSettings
from forwarder.config import one_of
from forwarder.otlp import OtlpSettings
from forwarder.settings import StatusSettings, StoreSettings
from forwarder.sinks import SINKS
from forwarder.sources import SOURCES

PAGE = Path(__file__).parent.parent / "docs" / "configuration.md"
Titled = tuple[str, type[BaseModel]]
"""A section of the page: its title and the model of its keys."""


def _source_sections() -> Iterator[Titled]:
    """A section for each settings model of the sources, titled with the sources that have it."""
    names: dict[type[BaseModel], list[str]] = {}
    for name, kind in SOURCES.items():
        names.setdefault(kind.settings, []).append(f"sources.{name}")
    yield from ((", ".join(titles), model) for model, titles in names.items())


def _sink_sections() -> Iterator[Titled]:
    """A section a kind of sink, and one a group of keys within."""
    for kind, entry in SINKS.items():
        yield f"sinks.NAME (type: {kind})", entry.settings
        for name, field in entry.settings.model_fields.items():
            if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
                yield f"sinks.NAME.{name} (type: {kind})", field.annotation


SECTIONS: tuple[Titled, ...] = (
    ("anthropic", AnthropicSettings),
    *_source_sections(),
    ("sources.otlp", OtlpSettings),
    *_sink_sections(),
    ("store", StoreSettings),
    ("status", StatusSettings),
)
OPENING = f"""# Configuration

One YAML file, given with `--config`, else by `CLAUDE_SIEM_CONFIG`, else `./claude-siem.yaml`, else
`/etc/claude-siem/claude-siem.yaml`. `claude-siem config init` prints a starter, `config schema` a JSON Schema for
editors, `config check` validates without a request.

- Every key may be set in the environment, which wins: `CLAUDE_SIEM__SINKS__SPLUNK__TOKEN` sets `sinks.splunk.token`.
- A secret `X` may be given as `X_file`, a path. A changed file is read again within 10 s, without a restart.
- Durations are `500ms 30s 10m 24h 3d 2w`, sizes `500MB 8GiB`.
- Unknown and duplicate keys are errors that name file, line, key and the nearest valid key; so are environment
  variables that fit nothing, placeholders (`...`, `changeme`), and `${{NAME}}`: variables in the file are not expanded.
- A secret is never shown. It belongs under its own key or, better, into a file: never into an address or a path.
- Plain words are read as in YAML 1.2: only `true` and `false` are truth values, `on`, `12:30` and `2026-04-01` are
  text.
- A sink's `type` is taken from its name when that is {one_of(f"`{kind}`" for kind in SINKS)}.
- `accounts` holds further organizations or keys: `accounts.NAME.anthropic` and `accounts.NAME.sources` have the keys of
  the sections of that name. Their sources are named `NAME.SOURCE`, their events carry the label `account:NAME`.
- Plain `http://` is for loopback addresses only. TLS is always verified; `ca_file` adds trust, no setting turns it off.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([OPENING, *(_section(title, model) for title, model in SECTIONS)])


def _section(title: str, model: type[BaseModel]) -> str:
    rows = [_row(name, field) for name, field in model.model_fields.items() if name != "type"]
    head = f"## {title}\n\n{(model.__doc__ or '').strip()}\n\n| key | default | meaning |\n| --- | --- | --- |"
    return "\n".join([head, *rows, ""])


def _row(name: str, field: FieldInfo) -> str:
    return f"| `{name}` | {_default(field)} | {field.description or ''} |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value: Any = field.get_default(call_default_factory=True) if not _needs_data(field) else None
    if value is None or value == () or value == {} or isinstance(value, BaseModel):
        return ""
    if isinstance(value, dict):
        return ", ".join(f"`{key}: {item}`" for key, item in value.items())
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _needs_data(field: FieldInfo) -> bool:
    return bool(field.default_factory and field.default_factory_takes_validated_data and get_args(field.annotation))


def main() -> None:
    """Write the page, or with `--check` exit 1 when it is stale."""
    if "--check" in sys.argv[1:]:
        sys.exit(0 if PAGE.read_text() == page() else f"{PAGE.name} is stale: run `make docs`")
    PAGE.write_text(page())


if __name__ == "__main__":
    main()

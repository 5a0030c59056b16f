"""A secret put under any setting, or as a key, is in no message about the settings."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from forwarder.errors import Misconfigured
from forwarder.settings import load_settings
from tests.config.files import WHOLE

PLANTED = {
    "a key": "sk-ant-api01-aB3xk9Zq0pLmN7rT",
    "a UUID, as HEC tokens are": "4f1f7c52-9d3e-4b71-8a55-0c9b6f2d7e11",
    "random characters": "Vq8Q~aB3xk9Zq0pLmN7rT.w_2",
    "a JSON Web Token": "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0abc.c2ln_x",
    "in a URL": "https://admin:Vq8Qab9Zq0pLmN7r@splunk.example:8088",
}
SHOWN = {"a key": "aB3xk9", "in a URL": "Vq8Qab9"}
"""What of it must not be seen, where that is not all of it."""


def places(tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every section and value of the documented example."""
    for key, value in tree.items():
        yield (*path, key)
        if isinstance(value, dict):
            yield from places(value, (*path, key))


def changed(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """The example with another value."""
    tree: dict[str, Any] = yaml.safe_load(WHOLE)
    section = tree
    for parent in path[:-1]:
        section = section[parent]
    section[path[-1]] = value
    return tree


@pytest.mark.parametrize("kind", PLANTED)
def test_a_secret_under_any_setting_is_in_no_message(kind: str, tmp_path: Path) -> None:
    secret = PLANTED[kind]
    file = tmp_path / "claude-siem.yaml"
    refused = 0
    for path in [*places(yaml.safe_load(WHOLE)), ("anthropic", "compliance_key_file"), ("sinks", "splunk", "ca_file")]:
        for value in (secret, [secret], {secret: secret}, {"type": secret}):
            file.write_text(yaml.safe_dump(changed(path, value)))
            message = refusal(file)
            refused += bool(message)
            assert SHOWN.get(kind, secret) not in message, (path, value)
    assert refused > 100


def refusal(file: Path) -> str:
    """The messages about a file; empty when it is accepted."""
    try:
        load_settings(file, {})
    except Misconfigured as error:
        return str(error)
    return ""


@pytest.mark.parametrize("kind", PLANTED)
def test_a_secret_in_a_broken_file_is_in_no_message(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "claude-siem.yaml"
    for text in ("a: *{}", "a: !{} x", "a: [{}", "{}", "- {}", "a: b: {}", "a: '{}", "%{}", "a: @{}", "? [{}]\n: x"):
        file.write_text(text.replace("{}", PLANTED[kind]))
        with pytest.raises(Misconfigured) as error:
            load_settings(file, {})
        assert SHOWN.get(kind, PLANTED[kind]) not in str(error.value), text

"""The log on stderr, in both formats: no secret, nothing that steers a terminal, and nothing per event."""

import json
import subprocess
import sys

import pytest

from forwarder.status.refusal_log import INTERVAL, MOST_KINDS, OTHERS, RefusalLog

SECRET = "9f8e7d6c-never-to-be-seen"
HOSTILE = "x\\n2026 [info ] ok    forged\\x1b[2J\\u202e\\u2028"

PROGRAM = f"""
import logging, sys, warnings
import structlog
from forwarder.redaction import add_secret
from forwarder.status import start_log
start_log(sys.argv[1], sys.argv[2])
add_secret("{SECRET}")
log = structlog.get_logger()
log.debug("for debugging")
log.info("a value", reason="token {SECRET} is wrong", nested={{"a": ["{SECRET}"]}}, other=type("X", (), {{"__repr__":
    lambda self: "{SECRET}"}})())
log.warning("hostile", reason="{HOSTILE}", long="y" * 1_000_000)
logging.getLogger("another.package").error('says "%s" and {SECRET}', "{HOSTILE}")
logging.getLogger("another.package").error("wrong %d", "arguments")
warnings.warn("a warning with {SECRET}")
local = "a-secret-in-a-local"
try:
    try:
        raise ValueError("broken {SECRET} {HOSTILE}")
    except ValueError as error:
        raise RuntimeError("sk-ant-api01-abcdefgh") from error
except RuntimeError:
    log.exception("a thread crashed")
"""


def logged(log_format: str, level: str = "info") -> str:
    """What the program logs."""
    command = [sys.executable, "-c", PROGRAM, log_format, level]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr


def test_json_has_one_line_for_each_event_with_everything_in_it() -> None:
    text = logged("json")
    lines = [json.loads(line) for line in text.splitlines()]
    events = [line["event"] for line in lines]
    assert events[:2] == ["a value", "hostile"]
    assert events[-1] == "a thread crashed"
    assert all({"level", "timestamp"} <= line.keys() for line in lines)
    assert lines[0]["reason"] == "token [redacted] is wrong"
    assert lines[0]["nested"] == {"a": ["[redacted]"]}
    assert "forged" in lines[1]["reason"]
    assert len(lines[1]["long"]) < 30_000
    assert lines[2]["logger"] == "another.package"
    assert "ValueError: broken [redacted]" in lines[-1]["exception"]
    assert "RuntimeError: [redacted]" in lines[-1]["exception"]


@pytest.mark.parametrize("log_format", ["json", "console"])
@pytest.mark.parametrize("level", ["debug", "info"])
def test_no_line_holds_a_secret_or_steers_a_terminal(log_format: str, level: str) -> None:
    text = logged(log_format, level)
    assert SECRET not in text
    assert "sk-ant-api01-abcdefgh" not in text
    assert "a-secret-in-a-local" not in text
    assert all(line.isprintable() for line in text.split("\n"))
    assert not any(line.startswith(("2026 ", "ok ")) for line in text.split("\n"))
    assert "a thread crashed" in text
    assert ("a warning with [redacted]" in text) == (level == "debug")


def test_a_level_leaves_out_what_is_less() -> None:
    assert "for debugging" in logged("json", "debug")
    assert "for debugging" not in logged("json")
    text = logged("console", "error")
    assert "a value" not in text
    assert "hostile" not in text
    assert "a thread crashed" in text


# Refusals, which come by the thousand


class Clock:
    """A clock that only the test advances."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_refusals_are_logged_at_once_and_then_once_a_minute_with_their_number(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = Clock()
    refusals = RefusalLog(clock)
    for number in range(1000):
        clock.now = number / 10
        assert refusals.count("splunk", "invalid", 1, f"uid-{number}") == "invalid"
    refusals.count("splunk", "too-large", 3, None)
    refusals.flush(everything=True)
    refusals.flush(everything=True)
    lines = [line for line in capsys.readouterr().out.splitlines() if "refused" in line]
    assert len(lines) == 4, lines
    assert "number=1" in lines[0]
    assert sum(int(line.partition("number=")[2].split()[0]) for line in lines) == 1003
    assert clock.now > INTERVAL


def test_reasons_without_end_are_counted_together() -> None:
    refusals = RefusalLog(Clock())
    counted = [refusals.count("splunk", f"reason-{number}", 1, None) for number in range(MOST_KINDS + 10)]
    assert counted[-10:] == [OTHERS] * 10
    assert OTHERS not in counted[:-11]
    assert refusals.count("splunk", "reason-0", 1, None) == "reason-0"

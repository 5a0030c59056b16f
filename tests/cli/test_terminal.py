"""What reaches a terminal: lines of the command's own, whatever events, answers, files and names contain."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import forwarder.cli
from forwarder.records import DeadLetter
from forwarder.simulator import SimulatedClock, scenario
from forwarder.simulator.http import Answer
from forwarder.simulator.stage import Stage
from tests.cli.commands import claude_siem, settings_file
from tests.cli.test_dead_letters import keep
from tests.detect.test_detect import NIGHT, events_of_case
from tests.faults.world import World

FORGED = "x\r\nok    sinks.forged: fine\x1b[2K\x9b1A\u202e\u2028 \x07"
ROOT = Path(forwarder.cli.__file__).parent


def assert_plain(output: str) -> None:
    """Nothing steers the terminal, and no line is forged."""
    lines = output.split("\n")
    assert all(line.replace("\t", "").isprintable() for line in lines), output
    assert not any(line.startswith("ok    sinks.forged") for line in lines)
    assert "sinks.forged" in output, "the text itself is shown"


def test_only_one_module_of_the_command_line_writes() -> None:
    writers = {
        path.name
        for path in ROOT.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in ("echo", "secho", "stdout", "stderr", "print")
    }
    # `screen` draws progress bars, `tables` writes CSV files, and others ask whether stdout is a terminal.
    assert writers <= {"terminal.py", "screen.py", "tables.py", "demo.py", "catalogue.py", "dead_letters.py"}
    assert "terminal.py" in writers


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A stage with few activities."""
    clock = SimulatedClock()
    with Stage(tmp_path, scenario("ordinary-month", now=clock.now(), count=5), clock=clock) as made:
        yield made


def answer_with(status: int, text: str) -> Answer:
    """An error with these words, as each of the simulated APIs has its words."""
    body = {"error": {"type": text, "code": text, "message": text}, "text": text, "code": 4}
    return Answer(status, json.dumps(body).encode(), {"content-type": "application/json"})


def test_words_of_a_server_forge_no_line_of_check(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for server in (stage.feed, stage.hec):
        monkeypatch.setattr(server, "serve", lambda request: answer_with(403, FORGED))
    config = stage.write(stage.settings(sinks=("splunk",)))
    done = claude_siem("check", "--config", config)
    assert done.returncode == 1
    assert_plain(done.stdout)
    assert len(done.stdout.splitlines()) == 5
    assert_plain(claude_siem("check", "--json", "--config", config).stdout)


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_words_of_a_server_forge_no_line_of_the_log(
    log_format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with World(tmp_path, (), sinks=("splunk",), start="1h") as world:
        monkeypatch.setattr(world.hec, "serve", lambda request: answer_with(403, FORGED))
        running = world.launch("--log-format", log_format)
        running.until("it is alive", running.is_alive)
        running.until_red("sinks.splunk.activity")
        running.until("it is logged", lambda: "sinks.forged" in running.log())
        running.kill()
        assert_plain(running.log())


def test_dead_letters_forge_no_line(tmp_path: Path) -> None:
    with World(tmp_path, (), sinks=("splunk",), start="1h") as world:
        body = json.dumps({"id": FORGED}, ensure_ascii=False).encode()
        keep(world, DeadLetter("activities", "source", FORGED, FORGED, FORGED, body))
        config = world.stage.write(world.settings)
        for command in (("list",), ("list", "--json"), ("show", "1"), ("show", "1", "--json")):
            done = claude_siem("dead-letters", *command, "--config", config)
            assert_plain(done.stdout)


def test_names_in_a_settings_file_forge_no_line(tmp_path: Path) -> None:
    text = json.dumps({"anthropic": {"compliance_key": "x"}, "sinks": {FORGED: {}}, FORGED: FORGED, "store": FORGED})
    done = claude_siem("config", "check", "--config", settings_file(tmp_path, text))
    assert done.returncode == 2
    assert_plain(done.stderr)


def test_events_forge_no_line_of_detect(tmp_path: Path) -> None:
    file = tmp_path / "night.ndjson"
    bodies = [one.event.body.decode() for one in events_of_case(NIGHT, "fires.five-things-at-night")]
    hostile = json.dumps(FORGED, ensure_ascii=False)[1:-1]
    file.write_text("".join(body.replace("lena@example.com", hostile) + "\n" for body in bodies))
    for options in ((), ("--json",), ("--rows",)):
        done = claude_siem("detect", file, "--rule", NIGHT, "--no-progress", *options, timeout=300)
        assert done.returncode == 0, done.stderr
        assert_plain(done.stdout)


def test_names_of_files_forge_no_line(tmp_path: Path) -> None:
    file = tmp_path / FORGED.replace("/", "")
    file.write_text("no JSON\n")
    done = claude_siem("detect", file)
    assert done.returncode == 2
    assert_plain(done.stderr)

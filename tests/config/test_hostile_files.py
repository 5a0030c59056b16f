"""Whatever a settings file is, the answer comes soon, needs little memory, and is one message per problem."""

import os
import sys
from pathlib import Path
from subprocess import run

import pytest

from forwarder.config.document import DEEPEST, MOST_BYTES
from forwarder.errors import Misconfigured
from forwarder.settings import load_settings
from tests.config.files import KEY, SMALLEST, WHOLE, load

MEMORY = 200 * 2**20
SECONDS = 60
"""Of CPU time. On an idle machine each file takes well below two; one that is read without bounds takes hours."""


def refused(folder: Path, content: bytes, **environment: str) -> list[str]:
    """The messages about a file with this content."""
    file = folder / "claude-siem.yaml"
    file.write_bytes(content)
    with pytest.raises(Misconfigured) as error:
        load_settings(file, environment)
    lines = str(error.value).split("\n")
    assert all(line.isprintable() for line in lines)
    return lines


def bomb() -> str:
    """Nine levels of aliases, nine of the level below in each: 387 million values."""
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    return "\n".join(levels)


FILES = {
    "binary": (bytes(range(256)) * 4, "not UTF-8"),
    "a NUL": (b"anthropic:\n  \0", ":2: not YAML: contains the character U+0000"),
    "an escape sequence": (b"a: \x1b[2J", "not YAML: contains the character U+001B"),
    "empty": (b"", "sinks: is required"),
    "a list": (b"- a\n- b\n", "the file must be a mapping"),
    "a single value": (b"sinks\n", "the file must be a mapping"),
    "two documents": (b"a: 1\n---\nb: 1\n", "not YAML"),
    "a tab": (
        b"anthropic:\n\tbase_url: x\n",
        ":2: not YAML: found character '\\t' that cannot start any token",
    ),
    "UTF-16": (SMALLEST.encode("utf-16"), "it is UTF-16 and not UTF-8; save it as UTF-8"),
    "Latin-1": ("a: 1\nb: Größe\n".encode("latin-1"), "not UTF-8 (byte 0xf6 in line 2)"),
    "huge": (b"# x\n" * (MOST_BYTES // 4 + 1), "longer than 128 KiB"),
    "duplicate keys": (SMALLEST.encode() + b"sinks: {}\n", "sinks: duplicate key; keep one"),
    "flow nested deep": (b"a: " + b"[" * 50_000, f"nested deeper than {DEEPEST} levels"),
    "blocks nested deep": (b"- " * 50_000, f"nested deeper than {DEEPEST} levels"),
    "an alias bomb": (bomb().encode(), "more than 10,000 values, aliases included"),
    "an alias of itself": (b"a: &a [*a]", "an alias refers to itself"),
    "an unknown alias": (f"a: *{KEY}".encode(), "found undefined alias"),
    "many unknown keys": (b"".join(b"k%d: 1\n" % n for n in range(8000)), "more errors"),
    "a key with a line break": (SMALLEST.encode() + b'"a\\nok    forged": 1\n', r"a\nok    forged: unknown key"),
    "a long key": (SMALLEST.encode() + b"? " + b"k" * 100_000 + b"\n: 1\n", "unknown key"),
}


@pytest.mark.parametrize(("content", "words"), FILES.values(), ids=FILES)
def test_a_hostile_file_is_messages_that_name_it(content: bytes, words: str, tmp_path: Path) -> None:
    messages = refused(tmp_path, content)
    assert any(words in message for message in messages), messages
    assert all(message.startswith(str(tmp_path / "claude-siem.yaml")) for message in messages)
    assert max(map(len, messages)) < 1000
    assert KEY not in "\n".join(messages)


LIMITED = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, ({SECONDS}, {SECONDS}))
from forwarder.cli import main
sys.argv = ["claude-siem", "config", "check", "--config", sys.argv[1]]
try:
    main()
finally:
    if sys.platform == "darwin":
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    else:  # on Linux, `ru_maxrss` begins with that of the process that started this one
        (peak,) = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM:")]
        print(int(peak) * 1024)
"""


@pytest.mark.parametrize("name", ["an alias bomb", "flow nested deep", "many unknown keys", "huge", "a long key"])
def test_no_file_costs_much_time_or_memory(name: str, tmp_path: Path) -> None:
    file = tmp_path / "claude-siem.yaml"
    file.write_bytes(FILES[name][0])
    done = run([sys.executable, "-c", LIMITED, str(file)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert int(done.stdout.splitlines()[-1]) < MEMORY


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    file = tmp_path / "claude-siem.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + SMALLEST.encode())
    assert list(load_settings(file, {}).enabled_sinks()) == ["archive"]


def test_what_is_no_file_is_named_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    cases = (("pipe", "named pipe"), ("", "Is a directory"), ("loop", "symbolic links"), ("no", "No such file"))
    for name, words in (*cases, ("/dev/zero", "a device"), ("x" * 5000, "too long"), ("a\0b", "null byte")):
        with pytest.raises(Misconfigured, match=words):
            load_settings(tmp_path / name, {})


def test_a_secret_file_that_is_no_file_is_named_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    settings = load(tmp_path, SMALLEST.replace(f"compliance_key: {KEY}", f"compliance_key_file: {tmp_path / 'pipe'}"))
    with pytest.raises(Misconfigured, match=r"compliance_key_file: .* named pipe"):
        settings.anthropic.activity_feed_key("").reveal()


# Values that were not meant


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ((KEY, "..."), "anthropic.compliance_key: ... is a placeholder"),
        ((KEY, "<your key>"), "anthropic.compliance_key: <your key> is a placeholder"),
        ((KEY, "changeme"), "anthropic.compliance_key: changeme is a placeholder"),
        ((KEY, "${KEY}"), "${KEY} is not replaced, as variables in the file are not expanded; set CLAUDE_SIEM__ANTHRO"),
        (("splunk.example:", "${HOST:-x}:"), "sinks.splunk.url: ${HOST:-x} is not replaced"),
        (("index: claude", 'index: "{{ index }}"'), "sinks.splunk.index: {{ index }} is not replaced"),
        (("start: 24h", "start: 2026-04-01"), "start: 2026-04-01 is a date; write the time and its zone too"),
        (("start: 24h", "start: 2026-04-01T00:00:00"), "has no time zone"),
        (("poll: 30s", "poll: 12:30"), "poll: '12:30' is not a number with a unit"),
        (("index: claude", "index: 2026"), "sinks.splunk.index: must be text; put the value in quotes"),
        (("listen: 127.0.0.1:8080", "{}"), "status"),
        (("sources:", "sources: 7\nx:"), "sources: must be a section with keys"),
        (("https://splunk.example:8088", "https://u:p@splunk.example:8088"), "sinks.splunk.url: holds a credential"),
        (("https://splunk.example:8088", "https://h/x?token=abcdef"), "sinks.splunk.url: has a query"),
    ],
)
def test_a_value_that_was_not_meant_is_one_message(change: tuple[str, str], words: str, tmp_path: Path) -> None:
    messages = refused(tmp_path, WHOLE.replace(*change).encode())
    assert sum(words in message for message in messages) == 1, messages


def test_what_is_disabled_may_be_unfinished(tmp_path: Path) -> None:
    disabled = "  splunk: {enabled: false, url: 'https://h:8088', token: ...}\n"
    assert list(load(tmp_path, SMALLEST + disabled).enabled_sinks()) == ["archive"]


def test_plain_words_are_text_as_in_todays_yaml(tmp_path: Path) -> None:
    """YAML 1.1 takes `on` for true, and so refused the value that the documentation names."""
    for value in ("on", "off", "auto"):
        splunk = load(tmp_path, WHOLE.replace("index: claude", f"ack: {value}")).sinks["splunk"]
        assert splunk.model_dump()["ack"] == value
    assert (
        not load(tmp_path, WHOLE.replace("enabled: true\n    endpoint", "enabled: no\n    endpoint"))
        .sinks["sentinel"]
        .enabled
    )


def test_unknown_keys_under_accounts_are_named_with_the_account(tmp_path: Path) -> None:
    accounts = (
        "accounts:",
        "  emea:",
        "    anthropic: {admin_kee: x}",
        "    sources: {activties: {}}",
        "    sinks: {}",
        "  Bad Name: {}",
    )
    text = SMALLEST + "\n".join(accounts)
    messages = "\n".join(refused(tmp_path, text.encode()))
    assert ":8: accounts.emea.anthropic.admin_kee: unknown key; did you mean admin_key?" in messages
    assert ":9: accounts.emea.sources.activties: unknown key; did you mean activities?" in messages
    assert ":10: accounts.emea.sinks: unknown key; valid keys: " in messages
    assert ":11: accounts.Bad Name: must match pattern" in messages


# The environment


@pytest.mark.parametrize(
    ("variable", "words"),
    [
        ("CLAUDE_SIEM__SINKS__ARCHIVE__PTH", "sinks.archive.pth: unknown key; did you mean path?"),
        ("CLAUDE_SIEM__SINK__ARCHIVE__PATH", "sink: unknown key; did you mean sinks?"),
        ("CLAUDE_SIEM__SOURCES__ACTIVITIES__POLL", "sources.activities.poll: 'value' is not a number with a unit"),
        ("CLAUDE_SIEM__SINKS__ARCHIVE__PATH__DEEPER", "path is a value in the file, not a section"),
        ("CLAUDE_SIEM__", "names no setting"),
        ("CLAUDE_SIEM__SINKS____PATH", "names no setting"),
        ("CLAUDE_SIEM_SINKS_ARCHIVE_PATH", "two underscores separate the levels of a setting: CLAUDE_SIEM__SINKS__"),
    ],
)
def test_a_variable_that_fits_nothing_is_named(variable: str, words: str, tmp_path: Path) -> None:
    (message,) = refused(tmp_path, SMALLEST.encode(), **{variable: "value"})
    assert message.startswith(f"environment variable {variable}: ")
    assert words in message


@pytest.mark.parametrize(
    "variable",
    ["CLAUDE_SIEM_CONFIG", "CLAUDE_SIEM_SERVICE_HOST", "CLAUDE_SIEM_STATUS_PORT_8080_TCP_ADDR", "CLAUDE_SIEM_IMAGE"],
)
def test_variables_of_others_are_ignored(variable: str, tmp_path: Path) -> None:
    file = tmp_path / "claude-siem.yaml"
    file.write_text(SMALLEST)
    assert load_settings(file, {variable: "value"})


@pytest.mark.parametrize("value", ["[" * 50_000, "{a: &a [*a]}", "[\x00]"])
def test_a_hostile_variable_is_a_message(value: str, tmp_path: Path) -> None:
    (message,) = refused(tmp_path, SMALLEST.encode(), CLAUDE_SIEM__SOURCES=value)
    assert message.startswith("environment variable CLAUDE_SIEM__SOURCES: not a valid YAML list or mapping")


def test_a_section_without_keys_in_the_file_takes_values_from_the_environment(tmp_path: Path) -> None:
    settings = load(tmp_path, f"{SMALLEST}sources:\n", SOURCES__ACTIVITIES__POLL="7s")
    assert settings.sources.activities.poll == 7


@pytest.mark.parametrize(("first", "second"), [("listen", "status"), ("grpc_listen", "status")])
def test_two_servers_on_one_address_are_named(first: str, second: str, tmp_path: Path) -> None:
    otlp = f"sources: {{otlp: {{enabled: true, {first}: 127.0.0.1:4000}}}}\n"
    (message,) = refused(tmp_path, f"{SMALLEST}{otlp}{second}: {{listen: 127.0.0.1:4000}}\n".encode())
    assert f"status.listen and sources.otlp.{first} are the same address" in message

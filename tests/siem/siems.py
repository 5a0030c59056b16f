"""Both SIEMs in one form, so that one set of tests covers what their commands share."""

from pathlib import Path
from typing import Any, Protocol

from forwarder.azure.solution import rule_ids
from forwarder.records import STREAMS
from forwarder.siem.test_cases import bundled_test_cases
from forwarder.simulator.logs_ingestion import refusal
from forwarder.sinks.sentinel import TABLES
from forwarder.splunkd.knowledge_objects import shipped_app
from tests.azure import world as azure
from tests.azure.logs_query import bad_query, result
from tests.cli.within import CommandResult
from tests.splunkd import world as splunkd
from tests.splunkd.standin import BEARER

RULE, OTHER_RULE = "keys/admin-key-created", "keys/compliance-key-created"
TEST_CASES = bundled_test_cases().runnable(RULE)
Row = dict[str, Any]


class SiemUnderTest(Protocol):
    """A SIEM with everything set up as required, and the changes that tests make to it."""

    command: str
    """Of `claude-siem`."""
    title: str
    rules: tuple[str, ...]
    """Rules of several families."""
    whole_run: tuple[str, ...]
    """Options of a run without questions."""
    credential: tuple[str, str, str]
    """Setting, environment variable and value of the management credential."""
    address: str
    """The setting that a connection requires."""
    extra: str
    """A module that only the extra installs."""
    subjects: int
    """Number of lines of `check`."""
    first: str
    """Subject of an error before the checks."""
    refusal: str
    """The beginning of the message about a refused event."""
    arrival_hint: str
    place: str
    lookup: str
    """The lookup that `fill_lookup` fills, in words."""

    def file(self, **changes: Any) -> Path:
        """A settings file."""

    def run(self, *arguments: object) -> CommandResult:
        """The SIEM's command in this process."""

    def events(self) -> list[Row]:
        """Every event that was received."""

    def requests(self) -> int:
        """Number of requests at the management interface."""

    def searches(self) -> int:
        """Number of requests at the interface that runs searches."""

    def changes(self) -> list[str]:
        """What was changed through the management interface."""

    def rewrite(self, column: str, value: str) -> None:
        """Every row of a rule has this value."""

    def hide(self, number: int) -> None:
        """The events of this test case of `RULE`, counted from 1, never become searchable."""

    def remove_rule(self) -> None:
        """`RULE` is not installed."""

    def fail_search(self) -> str:
        """The search of a rule fails with this message."""

    def deny_search(self) -> str:
        """The search of a rule is not permitted; the message."""

    def make_busy(self) -> None:
        """The event endpoint is busy for a while."""

    def refuse_event(self) -> None:
        """The event endpoint refuses an event."""

    def fill_lookup(self) -> None:
        """A lookup has an entry of the customer's."""

    def deny_first_request(self) -> str:
        """The first management request of `check` is refused; its message."""

    def remove_optional(self) -> str:
        """Something optional is missing; the beginning of its line."""

    def remove_required(self) -> str:
        """Something required is missing; its subject."""


class SplunkUnderTest:
    """Splunk with HEC and management port."""

    command, title, first = "splunk", "Splunk", "splunkd"
    subjects = 24
    rules: tuple[str, ...] = (
        "keys/old-key-used",
        "keys/key-churn",
        "tokens/token-spike-user",
        "tokens/session-token-burst",
        "off-hours/off-hours-activity",
        "off-hours/off-hours-api-key-use",
        "visibility/forwarder-silent",
        "visibility/telemetry-redirected",
    )
    whole_run: tuple[str, ...] = ()
    credential = ("management__token_file", "CLAUDE_SIEM__SINKS__SPLUNK__MANAGEMENT__TOKEN", BEARER)
    address, extra = "management__url", "splunklib"
    refusal = f"/{TEST_CASES[0].name.replace('.', '/')}/activity: HEC refuses an event (invalid-data-format: HTTP 400, "
    arrival_hint, place = "HttpInputDataHandler", f"index {splunkd.VERIFY_INDEX}"
    lookup = "lookup claude_exclusions"

    def __init__(self, world: splunkd.World) -> None:
        self._world, self._splunkd = world, world.splunkd
        self.file = world.file

    def run(self, *arguments: object) -> CommandResult:
        return splunkd.splunk_command(*arguments)

    def events(self) -> list[Row]:
        return self._world.hec.events()

    def requests(self) -> int:
        return len(self._splunkd.served())

    def searches(self) -> int:
        return sum("/jobs" in note.target for note in self._splunkd.served())

    def changes(self) -> list[str]:
        return self._splunkd.changes

    def rewrite(self, column: str, value: str) -> None:
        self._splunkd.rewrite = lambda rows: [row | ({column: value} if column in row else {}) for row in rows]

    def hide(self, number: int) -> None:
        path = f"/{TEST_CASES[number - 1].name.replace('.', '/')}/"
        self._splunkd.head.hidden = lambda envelope: path in envelope["source"]

    def remove_rule(self) -> None:
        searches = self._splunkd.entities["saved/searches"]
        searches[:] = [entry for entry in searches if entry.name != shipped_app().titles[RULE]]

    def fail_search(self) -> str:
        message = "Error in 'lookup' command: Could not construct lookup 'claude_exclusions'."
        state = {"dispatchState": "FAILED", "isFailed": "1", "messages": {"fatal": [message]}}
        self._splunkd.failing = {"dedup_key": state}
        return f"the search failed: {message}"

    def deny_search(self) -> str:
        self._splunkd.denied_searches = "dedup_key"
        return "the search: HTTP 403 ("

    def make_busy(self) -> None:
        self._world.hec.fault("busy", times=2)

    def refuse_event(self) -> None:
        self._world.hec.fault("refuse-event", number=0)

    def fill_lookup(self) -> None:
        self._splunkd.head.lookups["claude_exclusions"] += "keys/old-key-used,apikey_mine,known\n"

    def deny_first_request(self) -> str:
        self._splunkd.denied = {"server/info"}
        return "server/info: HTTP 403 (insufficient permission to access this resource)"

    def remove_optional(self) -> str:
        self._remove("apps/local", "Splunk_SA_CIM")
        return "app Splunk_SA_CIM: is not installed; without it"

    def remove_required(self) -> str:
        self._remove("data/indexes", "claude")
        return "index claude"

    def _remove(self, path: str, name: str) -> None:
        self._splunkd.entities[path] = [entry for entry in self._splunkd.entities[path] if entry.name != name]


class SentinelUnderTest:
    """Microsoft Sentinel with the ingestion endpoint, Resource Manager and the query API."""

    command, title, first = "sentinel", "Sentinel", "Azure"
    subjects = 20
    rules: tuple[str, ...] = (
        "keys/key-from-new-network",
        "keys/old-key-used",
        "off-hours/off-hours-export",
        "tokens/session-token-burst",
        "tokens/token-spike-user",
    )
    whole_run: tuple[str, ...] = ("--yes",)
    credential = (
        "management__client_secret_file",
        "CLAUDE_SIEM__SINKS__SENTINEL__MANAGEMENT__CLIENT_SECRET",
        azure.OPERATOR_SECRET,
    )
    address, extra = "management__workspace", "azure.mgmt"
    refusal = f"{RULE} {TEST_CASES[0].name}: the ingestion endpoint refuses an event (http-400-invalid"
    arrival_hint, place = "DCRLogErrors", "workspace soc"
    lookup = "watchlist ClaudeKeys"

    def __init__(self, world: azure.World) -> None:
        self._world, self._manager, self._queries = world, world.manager, world.queries
        self.file = world.file
        arrived = {"newest": "2026-04-15T11:58:00Z", "n": 288, "minutes": 2}
        none_refused = {"n": 0, "message": "", "stream": ""}
        self._queries.answers = {
            "datetime_diff('minute', now(), newest)": result([arrived]),
            "DCRLogErrors": result([none_refused]),
        }

    def run(self, *arguments: object) -> CommandResult:
        return azure.sentinel_command(*arguments)

    def events(self) -> list[Row]:
        return [row for stream in STREAMS for row in self._world.logs.rows_of(f"Custom-{TABLES[stream]}")]

    def requests(self) -> int:
        return len(self._manager.served())

    def searches(self) -> int:
        return len(self._queries.asked)

    def changes(self) -> list[str]:
        questions = ("/validate", "/whatif")
        notes = (note for note in self._manager.served() if note.method != "GET")
        return [note.target for note in notes if not note.target.lower().partition("?")[0].endswith(questions)]

    def rewrite(self, column: str, value: str) -> None:
        self._queries.rewrite = lambda rows: [row | ({column: value} if column in row else {}) for row in rows]

    def hide(self, number: int) -> None:
        self._queries.hidden = lambda row: row["metadata"]["labels"][-1].endswith(f"{number:05d}")

    def remove_rule(self) -> None:
        self._manager.remove(f"alertRules/{rule_ids()[RULE]}")

    def fail_search(self) -> str:
        self._answer_rules(bad_query("LimitsExceeded", "Query is too complex"))
        return "LimitsExceeded Query is too complex"

    def deny_search(self) -> str:
        self._answer_rules(refusal(403, "InsufficientAccessError", "no access"))
        return "the query: HTTP 403 ((InsufficientAccessError) no access)"

    def make_busy(self) -> None:
        self._world.logs.fault("throttled", path="/streams/", retry_after=0.2)
        self._world.logs.fault("unavailable", path="/streams/")

    def refuse_event(self) -> None:
        self._world.logs.fault("refused", path="/streams/", times=20)

    def fill_lookup(self) -> None:
        self._manager.at("watchlists/ClaudeKeys")["properties"]["rawContent"] += "apikey_mine,me@example.com,30\n"

    def deny_first_request(self) -> str:
        self._manager.remove("workspaces/soc")
        return "workspace soc is not in resource group Security: set sinks.sentinel.management.workspace"

    def remove_optional(self) -> str:
        self._manager.remove("diagnosticSettings/claude-siem-errors")
        return "collection rule's errors: are not logged here"

    def remove_required(self) -> str:
        self._manager.remove("tables/ClaudeUsage_CL")
        return "table ClaudeUsage_CL"

    def _answer_rules(self, answer: Any) -> None:
        """The queries over the events of a test case, whose labels end in its number."""
        self._queries.answers = {f"{number:05d}'": answer for number in range(1, len(TEST_CASES) + 1)}

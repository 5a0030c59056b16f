"""A stand-in for splunkd's management port, written from Splunk's REST API Reference; it fails on request in many ways.

Sign-in, namespaces, paging, 401, 403, 404 and 409 are as documented there; lists give 30 entries unless asked for more.
"""

import ssl
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any
from urllib.parse import parse_qsl

from forwarder import __version__
from forwarder.simulator import HecServer
from forwarder.simulator.clock import SimulatedClock
from forwarder.simulator.faults import Effect
from forwarder.simulator.hec_protocol import html_answer
from forwarder.simulator.http import Answer, Request
from forwarder.simulator.server import LocalServer, json_answer
from tests.packages.conf_files import DEFAULT, read_conf
from tests.spl import SplError
from tests.splunkd.atom import Entry, feed, messages, response, single
from tests.splunkd.searching import SearchHead

BEARER = "eyJ-a-token-never-to-be-seen"
SESSION = "a-session-never-to-be-seen"
USER, PASSWORD = "admin", "password-never-to-be-seen"
MADE_TOKEN = "99999999-aaaa-4bbb-8ccc-dddddddddddd"
PAGE = 30
APP = "claude_siem"
CAPABILITIES = ["search", "edit_token_http", "indexes_edit", "edit_local_apps", "install_apps"]
Form = Mapping[str, str]


class SplunkdServer(LocalServer):
    """One splunkd, with our app installed, beside a HEC. Its tables are `entities`, by path."""

    def __init__(self, hec: HecServer, *, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(clock=SimulatedClock(), tls=tls)
        self.hec = hec
        self.head = SearchHead(hec, read_conf("macros"), _lookups())
        self.bearers = {BEARER}
        self.session = SESSION
        self.denied: set[str] = set()
        """Paths that the user may not request."""
        self.packages: dict[str, str] = {}
        """Paths of packages on its disk, and the version of each."""
        self.strays: list[Entry] = []
        """Macros of other apps."""
        self.failing: dict[str, dict[str, Any]] = {}
        """Text of a search, and the state of its job instead."""
        self.denied_searches: str | None = None
        """Text of the searches that the user may not start."""
        self.rewrite: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] = list
        """Changes the rows of a search."""
        self.unready = 0
        """How many requests about jobs are answered 204: the job exists without content yet."""
        self.changes: list[str] = []
        """The changes, in order."""
        self.entities = _entities(hec)
        self.jobs: dict[str, Answer | list[dict[str, Any]]] = {}
        self._numbers = count(1)

    def effects(self) -> Mapping[str, Effect]:
        """`login-page`: the answer of Splunk Web, or of a portal in between."""
        return {"login-page": lambda fault, request, serve: html_answer(200, "Sign in")}

    def serve(self, request: Request) -> Answer:
        """Sign-in, then the permissions, then the path."""
        path, app = _place(request.path)
        form = dict(request.query) | dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        if path == "auth/login":
            return self._login(form)
        if not self._known(request):
            return messages(401, "call not properly authenticated", "WARN")
        if path in self.denied:
            return messages(403, "insufficient permission to access this resource")
        if path.startswith("search/v2/"):
            return self._search(request.method, path.removeprefix("search/v2/"), form)
        if request.method == "GET":
            return self._listed(path, app, form)
        return self._changed(path, form)

    def _login(self, form: Form) -> Answer:
        if (form.get("username"), form.get("password")) != (USER, PASSWORD):
            return messages(401, "Login failed", "WARN")
        answer = response("sessionKey", self.session)
        return answer._replace(headers={**answer.headers, "set-cookie": f"splunkd_8089={self.session}; Path=/; Secure"})

    def _known(self, request: Request) -> bool:
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        cookie = request.headers.get("cookie", "")
        return (
            (scheme == "Bearer" and value in self.bearers)
            or (scheme, value) == ("Splunk", self.session)
            or cookie == f"splunkd_8089={self.session}"
        )

    def _listed(self, path: str, app: str | None, form: Form) -> Answer:
        entries = self._entries(path)
        if entries is None:
            return messages(404, f"Could not find object id={path.rpartition('/')[2]}")
        visible = entries if app == "-" else _visible_from(app or "search", entries)
        limit = int(form.get("count", PAGE))
        return feed(path, visible if limit <= 0 else visible[:limit])

    def _entries(self, path: str) -> list[Entry] | None:
        if path == "configs/conf-macros":
            return [*(Entry(name, keys, APP) for name, keys in self.head.macros.items()), *self.strays]
        return self.entities.get(path)

    def _changed(self, path: str, form: Form) -> Answer:
        collection, _, name = path.rpartition("/")
        if path == "apps/local":
            return self._install(form)
        if path in self.entities and "name" in form:
            return self._make(path, form)
        entries = self.entities.get(collection, [])
        found = next((n for n, entry in enumerate(entries) if entry.name.removeprefix("http://") == name), None)
        if found is None:
            return messages(404, f"Could not find object id={name}")
        entries[found] = entries[found]._replace(content={**entries[found].content, **_typed(form)})
        self.changes.append(f"changed {path}")
        return feed(collection, [entries[found]])

    def _make(self, path: str, form: Form) -> Answer:
        own = {"disabled": "0"} | ({"token": MADE_TOKEN} if path == "data/inputs/http" else {})
        name = f"http://{form['name']}" if path == "data/inputs/http" else form["name"]
        if any(entry.name == name for entry in self.entities[path]):
            return messages(409, f"An object with name={form['name']} already exists")
        self.entities[path].append(Entry(name, own | _typed(form)))
        self.changes.append(f"made {path}/{form['name']}")
        return feed(path, [self.entities[path][-1]], 201)

    def _install(self, form: Form) -> Answer:
        path = form["name"]
        if form.get("filename") != "true" or path not in self.packages:
            return messages(400, f"Application does not exist: {path}")
        apps = [entry for entry in self.entities["apps/local"] if entry.name != APP]
        self.entities["apps/local"] = [*apps, app_entry(APP, self.packages[path])]
        self.entities["messages"] = [Entry("restart_required", {"message": "Splunk must be restarted"})]
        self.changes.append(f"installed {path}")
        return feed("apps/local", self.entities["apps/local"][-1:], 201)

    def _search(self, method: str, path: str, form: Form) -> Answer:
        if path == "parser":
            return self._parsed(form["q"])
        if path == "jobs/":
            return self._dispatch(form)
        sid, _, part = path.removeprefix("jobs/").partition("/")
        if sid not in self.jobs:
            return messages(404, "Unknown sid.", "FATAL")
        if part == "control":
            del self.jobs[sid]
            return response("messages", "")
        job = self.jobs[sid]
        if part == "results":
            return json_answer(200, {"preview": False, "messages": [], "results": job})
        if self.unready:
            self.unready -= 1
            return Answer(204)
        return job if isinstance(job, Answer) else _job(sid, {"dispatchState": "DONE", "isDone": "1"})

    def _parsed(self, search: str) -> Answer:
        if not search.startswith(("search ", "|")):
            return messages(400, f"Unknown search command '{search.split()[0]}'.", "FATAL")
        try:
            self.head.parse(search.removeprefix("search "))
        except SplError as error:
            return messages(400, str(error), "FATAL")
        return response("dict", "")

    def _dispatch(self, form: Form) -> Answer:
        search = form["search"]
        refusal = self._parsed(search)
        if refusal.status != 200:
            return refusal
        if self.denied_searches and self.denied_searches in search:
            return messages(403, "insufficient permission to access this resource")
        sid = f"1776254400.{next(self._numbers)}"
        wrong = next((content for text, content in self.failing.items() if text in search), None)
        if wrong is not None:
            self.jobs[sid] = _job(sid, wrong)
        else:
            self.jobs[sid] = self.rewrite(self.head.rows(search.removeprefix("search "), form))
        return response("sid", sid, 201)


def _visible_from(app: str, entries: list[Entry]) -> list[Entry]:
    """Every app exports its objects; of two with one name an app's users see its own."""
    visible: dict[str, Entry] = {}
    for entry in entries:
        if entry.name not in visible or entry.app == app:
            visible[entry.name] = entry
    return list(visible.values())


def app_entry(name: str, version: str, disabled: bool = False) -> Entry:
    """An installed app."""
    return Entry(name, {"version": version, "disabled": disabled, "label": name}, name)


def token_entry(name: str, value: str, **content: Any) -> Entry:
    """A HEC token."""
    settings = {"token": value, "disabled": "0", "useACK": "0", "index": "default", **content}
    return Entry(f"http://{name}", settings, "splunk_httpinput")


def _entities(hec: HecServer) -> dict[str, list[Entry]]:
    indexes = [Entry(name, {"disabled": "0", "datatype": "event"}) for name in ("main", *sorted(hec.indexes))]
    fillers = [app_entry(f"filler_{number}", "1.0.0") for number in range(PAGE)]
    others = ("Splunk_SA_CIM", "SplunkEnterpriseSecuritySuite", "ocsf_cim_addon_for_splunk")
    searches = [Entry(name, keys, APP) for name, keys in read_conf("savedsearches").items()]
    role = {"srchIndexesAllowed": ["*"], "imported_srchIndexesAllowed": [], "srchIndexesDisallowed": []}
    return {
        "server/info": [Entry("server-info", _info())],
        "data/indexes": indexes,
        "data/inputs/http": [
            Entry("http", {"disabled": "0", "port": "8088", "enableSSL": "1"}, "splunk_httpinput"),
            token_entry("events", hec.token, indexes=sorted(hec.indexes)),
        ],
        "apps/local": [*fillers, *(app_entry(name, "6.0.0") for name in others), app_entry(APP, __version__)],
        "saved/searches": [Entry("Errors in the last hour", {"search": "error"}), *searches],
        "data/transforms/lookups": [Entry(name, {"type": "file"}, APP) for name in _lookups()],
        "configs/conf-authorize": [
            Entry("role_admin", {}, "system"),
            *(Entry(name, {}, APP) for name in read_conf("authorize")),
        ],
        "authorization/roles": [
            Entry(name, role, "system") for name in ("admin", "claude_reader", "claude_content_reader")
        ],
        "authentication/current-context": [
            Entry("context", {"username": USER, "roles": ["admin"], "capabilities": CAPABILITIES}, "system")
        ],
        "messages": [],
    }


def _info() -> dict[str, Any]:
    return {"version": "10.4.2", "serverName": "splunk-1", "server_roles": ["indexer", "license_manager"]}


def _lookups() -> dict[str, str]:
    return {file.stem: file.read_text() for file in (DEFAULT.parent / "lookups").glob("*.csv")}


def _place(path: str) -> tuple[str, str | None]:
    """The path without its namespace, and the app of the namespace."""
    if path.startswith("/servicesNS/"):
        _, app, rest = path.removeprefix("/servicesNS/").split("/", 2)
    else:
        app, rest = None, path.removeprefix("/services/")
    return (rest if rest.startswith("search/v2/") else rest.rstrip("/")), app


def _typed(form: Form) -> dict[str, Any]:
    """A form's values as splunkd then shows them."""
    content: dict[str, Any] = {key: value for key, value in form.items() if key not in ("name", "output_mode")}
    return content | ({"indexes": content["indexes"].split(",")} if "indexes" in content else {})


def _job(sid: str, content: Mapping[str, Any]) -> Answer:
    whole = {"sid": sid, "isDone": "1", "isFailed": "0", "isFinalized": "0", "messages": {}, **content}
    return single("search/v2/jobs", Entry(sid, whole))

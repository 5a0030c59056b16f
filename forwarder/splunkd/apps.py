"""Apps: ours and those that make more of its events, and installing ours.

Sources: Splunk Enterprise REST API Reference, *apps/local* (POST with `filename=true` takes a path that splunkd itself
can read); Splunkbase 1621 (Common Information Model), 263 (Enterprise Security), 6841 (OCSF-CIM Add-on).
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from forwarder import __version__
from forwarder.siem.findings import Finding, doubtful, fine, wrong
from forwarder.splunkd import APP
from forwarder.splunkd.connection import Splunkd
from forwarder.splunkd.content import is_on

OTHERS = {
    "SplunkEnterpriseSecuritySuite": "without Enterprise Security the rules are ordinary alerts",
    "Splunk_SA_CIM": "without it there are no data models such as Authentication and Change",
    "ocsf_cim_addon_for_splunk": "without it the app's own names of the Common Information Model are used",
}
"""Apps that are not needed, and what is so without them."""
INSTALL = (
    f"take {APP}.tgz (`make splunk` builds it) and install it in Splunk (Apps > Manage Apps > "
    "Install app from file), or copy it to splunkd's host and run `claude-siem splunk install --package PATH`, the "
    "path as splunkd sees it"
)


class App(NamedTuple):
    """An installed app."""

    version: str
    enabled: bool


def ask_apps(splunkd: Splunkd) -> dict[str, App]:
    """Every app that the user may see, by its id."""
    with splunkd.asked("apps/local"):
        return {
            app.name: App(str(app.content.get("version") or "?"), not is_on(app.content.get("disabled")))
            for app in splunkd.service.apps.list()
        }


def judge_app(apps: Mapping[str, App]) -> Finding:
    """Whether our app is there, enabled, and of this version."""
    subject, app = f"app {APP}", apps.get(APP)
    if app is None:
        return wrong(subject, f"is not installed; {INSTALL}")
    if not app.enabled:
        return wrong(subject, f"{app.version} is disabled; enable it (Apps > Manage Apps)")
    if app.version != __version__:
        return wrong(subject, f"is {app.version}, this forwarder {__version__}; {INSTALL}")
    return fine(subject, f"{app.version} is enabled")


def judge_others(apps: Mapping[str, App]) -> Iterator[Finding]:
    """What else there is that makes something of the events."""
    for name, without in OTHERS.items():
        app = apps.get(name)
        if app and app.enabled:
            yield fine(f"app {name}", f"{app.version} is enabled")
        else:
            yield doubtful(f"app {name}", f"is {'disabled' if app else 'not installed'}; {without}")


def install_app(splunkd: Splunkd, path: str) -> None:
    """Install or update from a package that splunkd can read at `path`. Raises as `Splunkd.asked`."""
    with splunkd.asked(f"installing {path}"):
        splunkd.service.post("apps/local", name=path, filename="true", update="true")


def restart_wanted(splunkd: Splunkd) -> bool:
    """Whether splunkd says that it has to be restarted."""
    with splunkd.asked("messages"):
        return bool(splunkd.service.restart_required)

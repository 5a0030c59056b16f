"""Apps: this product's app and its installation, and apps that add value to its events.

Sources: Splunk Enterprise REST API Reference, *apps/local* (POST with `filename=true` takes a path on the host of
splunkd); Splunkbase 1621 (Common Information Model), 263 (Enterprise Security), 6841 (OCSF-CIM Add-on).
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from forwarder import __version__
from forwarder.siem.check import SiemFinding, failure, ok, warning
from forwarder.splunkd import APP
from forwarder.splunkd.connection import Splunkd, is_on

OTHERS = {
    "SplunkEnterpriseSecuritySuite": "without Enterprise Security the rules are ordinary alerts",
    "Splunk_SA_CIM": "without it there are no data models such as Authentication and Change",
    "ocsf_cim_addon_for_splunk": "without it the app's own names of the Common Information Model are used",
}
"""Optional apps, and the consequence without them."""
INSTALL = (
    f"take {APP}.tgz (`make splunk` builds it) and install it in Splunk (Apps > Manage Apps > "
    "Install app from file), or copy it to splunkd's host and run `claude-siem splunk install --package PATH`, the "
    "path on that host"
)


class SplunkApp(NamedTuple):
    """An installed app."""

    version: str
    enabled: bool


def read_apps(splunkd: Splunkd) -> dict[str, SplunkApp]:
    """Every app visible to the user, by its id."""
    with splunkd.request("apps/local"):
        return {
            app.name: SplunkApp(str(app.content.get("version") or "?"), not is_on(app.content.get("disabled")))
            for app in splunkd.service.apps.list()
        }


def check_app(apps: Mapping[str, SplunkApp]) -> SiemFinding:
    """Whether the app is installed, enabled, and of this version."""
    subject, app = f"app {APP}", apps.get(APP)
    if app is None:
        return failure(subject, f"is not installed; {INSTALL}")
    if not app.enabled:
        return failure(subject, f"{app.version} is disabled; enable it (Apps > Manage Apps)")
    if app.version != __version__:
        return failure(subject, f"is {app.version}, this forwarder {__version__}; {INSTALL}")
    return ok(subject, f"{app.version} is enabled")


def check_other_apps(apps: Mapping[str, SplunkApp]) -> Iterator[SiemFinding]:
    """Whether the optional apps are installed."""
    for name, without in OTHERS.items():
        app = apps.get(name)
        if app and app.enabled:
            yield ok(f"app {name}", f"{app.version} is enabled")
        else:
            yield warning(f"app {name}", f"is {'disabled' if app else 'not installed'}; {without}")


def install_app(splunkd: Splunkd, path: str) -> None:
    """Install or update from a package that splunkd can read at `path`. Raises as `Splunkd.request`."""
    with splunkd.request(f"installing {path}"):
        splunkd.service.post("apps/local", name=path, filename="true", update="true")


def restart_required(splunkd: Splunkd) -> bool:
    """Whether splunkd must be restarted."""
    with splunkd.request("messages"):
        return bool(splunkd.service.restart_required)

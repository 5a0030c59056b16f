"""Controls of the organization under `/_simulator/admin/`, for a forwarder in another process."""

from datetime import datetime
from typing import Any

from forwarder.simulator.admin.lists import LISTS
from forwarder.simulator.admin.objects import FIRST_VERSION
from forwarder.simulator.admin.organization import ConsoleOrganization
from forwarder.simulator.admin.usage import Counts, Dimensions
from forwarder.simulator.server import Control


def controls(organization: ConsoleOrganization) -> dict[tuple[str, str], Control]:
    """By method and name. Bodies:

    - `put`: `{"kind", "object": fields of the type, times in µs, "delay"?}`; without `created_us` it is created now;
    - `change`: `{"kind", "id", "fields", "delay"?}`; `remove`: `{"kind", "id", "delay"?}`;
    - `restate`: `{"at": RFC 3339, "counts"?, "dimensions"?, "delay"?}`;
    - `usage-totals`: `{"start", "end", "by"?, "final"?}` gives `[{"group": […], …counts}]`;
    - `GET` of the name of a list (`kind`), or of `landmarks`: the present objects.
    """

    def put(body: Any) -> None:
        fields = {"created_us": organization.clock.now_us(), **body["object"]}
        organization.put(LISTS[body["kind"]].object_type(**fields), delay=body.get("delay", 0.0))

    def change(body: Any) -> None:
        type_ = LISTS[body["kind"]].object_type
        organization.change(type_, body["id"], delay=body.get("delay", 0.0), **body["fields"])

    def remove(body: Any) -> None:
        organization.remove(LISTS[body["kind"]].object_type, body["id"], delay=body.get("delay", 0.0))

    def restate(body: Any) -> None:
        counts = Counts(**body.get("counts", {"output": 1000}))
        dimensions = Dimensions(**body["dimensions"]) if "dimensions" in body else None
        at = datetime.fromisoformat(body["at"])
        organization.restate(at, counts, delay=body.get("delay", 0.0), dimensions=dimensions)

    def usage_totals(body: Any) -> list[dict[str, Any]]:
        start, end = (datetime.fromisoformat(body[name]) for name in ("start", "end"))
        sums = organization.usage_totals(start, end, tuple(body.get("by", ())), final=body.get("final", False))
        return [{"group": list(group), **counts._asdict()} for group, counts in sums.items()]

    actions = {"put": put, "change": change, "remove": remove, "restate": restate, "usage-totals": usage_totals}
    return {
        ("GET", "admin/landmarks"): lambda _: organization.landmarks._asdict(),
        **{("GET", f"admin/{name}"): _objects(organization, one.object_type) for name, one in LISTS.items()},
        **{("POST", f"admin/{name}"): action for name, action in actions.items()},
    }


def _objects(organization: ConsoleOrganization, type_: type[Any]) -> Control:
    def control(_: Any) -> list[dict[str, Any]]:
        now_us = organization.clock.now_us()
        return [one.shape(FIRST_VERSION, now_us) for one in organization.listed(type_)]

    return control

"""Controls of the organization under `/_simulator/admin/`, for a forwarder in another process."""

from datetime import datetime
from typing import Any

from forwarder.simulator.admin.objects import FIRST_VERSION, KINDS
from forwarder.simulator.admin.organization import Organization
from forwarder.simulator.admin.usage import Counts, Dimensions
from forwarder.simulator.server import Control


def controls(organization: Organization) -> dict[tuple[str, str], Control]:
    """By method and name. Bodies:

    - `put`: `{"kind", "object": fields of the type, times in µs, "delay"?}`; without `created_us` it is made now;
    - `change`: `{"kind", "id", "fields", "delay"?}`; `remove`: `{"kind", "id", "delay"?}`;
    - `restate`: `{"at": RFC 3339, "counts"?, "dimensions"?, "delay"?}`;
    - `figures`: `{"start", "end", "by"?, "final"?}` gives `[{"group": […], …counts}]`;
    - `GET` of `api_keys`, `users`, `invites`, `workspaces`, `members`, `landmarks`: the ledger.
    """

    def put(body: Any) -> None:
        fields = {"created_us": organization.clock.now_us(), **body["object"]}
        organization.put(KINDS[body["kind"]](**fields), delay=body.get("delay", 0.0))

    def change(body: Any) -> None:
        type_ = KINDS[body["kind"]]
        organization.change(type_, body["id"], delay=body.get("delay", 0.0), **body["fields"])

    def remove(body: Any) -> None:
        organization.remove(KINDS[body["kind"]], body["id"], delay=body.get("delay", 0.0))

    def restate(body: Any) -> None:
        counts = Counts(**body.get("counts", {"output": 1000}))
        dimensions = Dimensions(**body["dimensions"]) if "dimensions" in body else None
        at = datetime.fromisoformat(body["at"])
        organization.restate(at, counts, delay=body.get("delay", 0.0), dimensions=dimensions)

    def figures(body: Any) -> list[dict[str, Any]]:
        start, end = (datetime.fromisoformat(body[name]) for name in ("start", "end"))
        sums = organization.figures(start, end, tuple(body.get("by", ())), final=body.get("final", False))
        return [{"group": list(group), **counts._asdict()} for group, counts in sums.items()]

    actions = {"put": put, "change": change, "remove": remove, "restate": restate, "figures": figures}
    return {
        ("GET", "admin/landmarks"): lambda _: organization.landmarks._asdict(),
        **{("GET", f"admin/{kind}"): _ledger(organization, kind) for kind in KINDS},
        **{("POST", f"admin/{name}"): action for name, action in actions.items()},
    }


def _ledger(organization: Organization, kind: str) -> Control:
    def control(_: Any) -> list[dict[str, Any]]:
        now_us = organization.clock.now_us()
        return [thing.shape(FIRST_VERSION, now_us) for thing in organization.listed(_type_of(kind))]

    return control


def _type_of(kind: str) -> Any:
    return next(type_ for name, type_ in KINDS.items() if name == kind)

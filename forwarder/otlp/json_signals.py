"""Spans and data points of OTLP's JSON; `json_decoder` reads requests and the fields of each object."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from forwarder.errors import Reject
from forwarder.ocsf.agent import Origin, Point, Span, Telemetry

if TYPE_CHECKING:
    from forwarder.otlp.json_decoder import JsonFields

_FORMS = {"exponentialHistogram": "exponential_histogram"} | {n: n for n in ("sum", "gauge", "histogram", "summary")}
_DETAILS = {
    "count": "count", "sum": "sum", "min": "min", "max": "max", "bucketCounts": "bucket_counts",
    "explicitBounds": "explicit_bounds", "scale": "scale", "zeroCount": "zero_count", "positive": "positive",
    "negative": "negative", "quantileValues": "quantiles",
}  # fmt: skip
_TEMPORALITIES = {"AGGREGATION_TEMPORALITY_DELTA": 1, "AGGREGATION_TEMPORALITY_CUMULATIVE": 2}
_STATUSES = {"STATUS_CODE_OK": 1, "STATUS_CODE_ERROR": 2}
_KINDS = {f"SPAN_KIND_{word}": n for n, word in enumerate(("INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"), 1)}


def span(origin: Origin, given: "JsonFields") -> Iterator[Telemetry | Reject]:
    """One span that has ended."""
    status = given.object("status")
    name, ids = given.text("name"), _span_ids(given)
    parent, kind = given.id("parentSpanId", 8), given.choice("kind", _KINDS)
    started, ended = given.time("startTimeUnixNano"), given.time("endTimeUnixNano")
    code, message = status.choice("code", _STATUSES), status.text("message")
    events, links = [_event(one) for one in given.objects("events")], [_link(one) for one in given.objects("links")]
    attributes = given.attributes("attributes", status)
    yield Span(origin, name, *ids, parent, started, ended, kind, code, message, attributes, events, links)


def _event(event: "JsonFields") -> dict[str, Any]:
    return {"name": event.text("name"), "time": event.time("timeUnixNano"), "attributes": event.attributes()}


def _link(link: "JsonFields") -> dict[str, Any]:
    trace_id, span_id = _span_ids(link)
    return {"trace_id": trace_id, "span_id": span_id, "attributes": link.attributes()}


def _span_ids(given: "JsonFields") -> tuple[str, str]:
    return given.id("traceId", 16), given.id("spanId", 8)


def points(origin: Origin, metric: "JsonFields") -> Iterator[Telemetry | Reject]:
    """The data points of a metric."""
    named = metric.text("name"), metric.text("unit")
    for field, form in _FORMS.items():
        if metric.has(field):
            data = metric.object(field)
            temporality = data.choice("aggregationTemporality", _TEMPORALITIES)
            for point in data.listed("dataPoints"):
                rejected = point.__class__ is Reject
                yield point if rejected else _point(origin, named, form, temporality, point, (metric, data))
            return


def _point(
    origin: Origin,
    named: tuple[str, str],
    form: str,
    temporality: int,
    point: "JsonFields",
    around: tuple["JsonFields", ...],
) -> Point:
    started, time_ns = point.time("startTimeUnixNano"), point.time("timeUnixNano")
    value = _number(point) if form in ("sum", "gauge") else None
    details = {key: _counted(point.plain(name)) for name, key in _DETAILS.items() if point.has(name)}
    if exemplars := [_exemplar(one) for one in point.objects("exemplars")]:
        details["exemplars"] = exemplars
    attributes = point.attributes("attributes", *around)
    return Point(origin, *named, form, temporality, started, time_ns, value, attributes, details)


def _exemplar(one: "JsonFields") -> dict[str, Any]:
    measured = {"time": one.time("timeUnixNano"), "value": _number(one)}
    trace_id, span_id = _span_ids(one)
    return {
        **measured,
        "attributes": one.attributes("filteredAttributes"),
        "trace_id": trace_id,
        "span_id": span_id,
    }


def _number(point: "JsonFields") -> Any:
    return point.integer("asInt") if point.has("asInt") else point.number("asDouble")


def _counted(given: Any) -> Any:
    """Numbers of a histogram: text that is a whole number becomes one, at any depth that the protocol knows."""
    if given.__class__ is str:
        return int(given) if len(given) < 20 and given.isascii() and given.isdigit() else given
    if given.__class__ is list:
        return [_counted(item) for item in given]
    if given.__class__ is dict:
        return {_DETAILS.get(key, key): _counted(item) for key, item in given.items()}
    return given

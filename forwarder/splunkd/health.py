"""HEC's own word on its health, at the address that events are sent to.

Source: Splunk documentation, *HTTP Event Collector REST API endpoints*, `services/collector/health`.
"""

import httpx
import orjson

from forwarder.http_client import trust
from forwarder.siem.findings import Finding, fine, wrong
from forwarder.sinks.splunk import SplunkSettings

PATH = "/services/collector/health"
TIMEOUT = httpx.Timeout(20.0, connect=10.0)
SUBJECT = "HEC health"


def ask_health(sink: str, settings: SplunkSettings) -> Finding:
    """One request, without a token. Raises `Misconfigured` for an unreadable `ca_file`."""
    where = f"sinks.{sink}.url"
    try:
        answer = httpx.get(settings.url + PATH, verify=trust(settings.ca_file), timeout=TIMEOUT)
    except httpx.HTTPError as error:
        told = f"{settings.url} does not answer ({type(error).__name__} {error})"
        return wrong(SUBJECT, f"{told}; check {where}, ca_file, and whether HEC is enabled")
    told = f"{settings.url} answers HTTP {answer.status_code}, {_text(answer.content)}"
    if answer.is_success:
        return fine(SUBJECT, told)
    if answer.status_code == 503:
        return wrong(SUBJECT, f"{told}: its indexers fall behind; events are kept until they are taken")
    return wrong(SUBJECT, f"{told}: not a HEC; check {where}")


def _text(body: bytes) -> str:
    try:
        return str(orjson.loads(body)["text"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return "without HEC's words"

"""Microsoft's client for the Logs Ingestion API: `azure_sdk TASK`.

`upload` takes lists of rows, encodes and compresses them, and raises when a call fails. A list has 350 rows, because
the chunks that the client makes itself can exceed the 1 MB limit of a call.
"""

import json
import sys
from collections.abc import Mapping, MutableMapping
from itertools import islice
from pathlib import Path
from typing import Any

from azure.identity import ClientSecretCredential
from azure.monitor.ingestion import LogsIngestionClient

from tools.bench.peers.feed import activities
from tools.bench.peers.reshape import Reshaper, key_fields

ROWS = 350
_COLUMNS = {
    "event_code": "EventCode",
    "user": "ActorName",
    "actor_uid": "ActorUid",
    "organization": "OrganizationUuid",
    "src_ip": "SrcIp",
    "object_uid": "ObjectUid",
    "uid": "EventUid",
}


def main() -> None:
    """Send every activity to the data collection rule."""
    task = json.loads(Path(sys.argv[1]).read_bytes())
    reshaper = Reshaper(task["namespace"], task["instance"], task["logged_ms"])
    rows = (_row(reshaper.event(activity), activity["created_at"]) for activity in activities(task, json.loads))
    with _client(task) as client:
        while batch := list(islice(rows, ROWS)):
            client.upload(task["rule"], task["stream"], batch)


def _client(task: Mapping[str, Any]) -> LogsIngestionClient:
    credential = ClientSecretCredential(
        task["tenant"],
        task["client"],
        task["secret"],
        authority=task["logs"],
        disable_instance_discovery=True,
        connection_verify=task["ca_file"],
    )
    return LogsIngestionClient(task["logs"], credential, connection_verify=task["ca_file"])


def _row(event: dict[str, Any], created_at: str) -> MutableMapping[str, Any]:
    times = {"TimeGenerated": created_at, "EventTime": created_at, "CollectedTime": created_at}
    columns = {_COLUMNS[name]: value for name, value in key_fields(event).items() if value is not None}
    return {**times, **columns, "ActorType": "user_actor", "ObjectType": "Resource", **event}


if __name__ == "__main__":
    main()

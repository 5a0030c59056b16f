"""Microsoft's own client, to the Logs Ingestion API: `azure_sdk TASK`.

`upload` gets lists of rows, makes JSON and gzip of them itself, and raises when a call is not taken. A list is 350
rows, because chunks that the client cuts itself can come out over the 1 MB of a call.
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
    """Bring every activity to the rule."""
    task = json.loads(Path(sys.argv[1]).read_bytes())
    reshaper = Reshaper(task["namespace"], task["instance"], task["logged_ms"])
    rows = (_row(reshaper.event(activity), activity["created_at"]) for activity in activities(task, json.loads))
    with _client(task) as client:
        while some := list(islice(rows, ROWS)):
            client.upload(task["rule"], task["stream"], some)


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
    told = {_COLUMNS[name]: value for name, value in key_fields(event).items() if value is not None}
    return {**times, **told, "ActorType": "user_actor", "ObjectType": "Resource", **event}


if __name__ == "__main__":
    main()

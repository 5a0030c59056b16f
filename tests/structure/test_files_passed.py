"""A reader who follows one event through the code into the store opens few files."""

from pathlib import Path

import httpx

from forwarder.otlp import OtlpSettings
from forwarder.pipeline.receiver import OtlpReceiver
from forwarder.simulator import FeedServer
from forwarder.simulator.clock import rfc3339
from forwarder.status import Conditions, Metrics
from forwarder.store import open_store
from tests.otlp.world import fields, json_logs
from tests.sources.world import Reader, still_clock
from tests.structure.files_passed import files_passed

MOST_FOR_AN_ACTIVITY = 22
MOST_FOR_A_REQUEST = 14
"""Up to the door of the store, which is the same for both ways, on a connection that is open."""
STORE = ("store/", "gzip.py")
"""What commits a page: the store, and the compression of its chunks."""
NOW_US = 1_790_000_000_000_000
"""The receiver is given a clock; which one, and so its file, is not its own choice."""
ACTIVITY = {
    "type": "claude_chat_created",
    "actor": {"type": "user_actor", "user_id": "user_1", "email_address": "ada@example.com", "ip_address": "192.0.2.1"},
    "claude_chat_id": "claude_chat_1",
}


def test_an_activity_passes_few_files_on_its_way_into_the_store(tmp_path: Path) -> None:
    clock = still_clock()
    with FeedServer(clock=clock, records_access=False) as server:
        reader = Reader(server, tmp_path)
        reader.read()
        server.append({**ACTIVITY, "id": "activity_1", "created_at": rfc3339(clock.now_us())})
        clock.advance(30)
        with files_passed() as passed:
            reader.read()
            files = passed()
        assert reader.delivered["activity_1"] == 1
        reader.close()
    assert len(files) <= MOST_FOR_AN_ACTIVITY, sorted(files)


def test_a_request_of_telemetry_passes_few_files_on_its_way_into_the_store(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}", ("splunk",), 2**40)
    settings = OtlpSettings(enabled=True, listen="127.0.0.1:0")
    with files_passed() as passed:
        receiver = OtlpReceiver(settings, store, Conditions(), Metrics(), lambda: NOW_US, lambda: None)
        receiver.start()
        host, port = receiver._server.address
        with httpx.Client(base_url=f"http://{host}:{port}", headers={"content-type": "application/json"}) as client:
            assert client.post("/v1/logs", content=json_logs(fields(1))).status_code == 200
            passed()
            assert client.post("/v1/logs", content=json_logs(fields(2))).status_code == 200
            files = passed()
        receiver.stop(5.0)
    assert store.backlog() == {"splunk": 2}
    store.close()
    up_to_the_store = sorted(file for file in files if not file.startswith(STORE))
    assert len(up_to_the_store) <= MOST_FOR_A_REQUEST, up_to_the_store

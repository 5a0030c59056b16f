"""What lists and reports of the Admin API have in common as sources."""

from forwarder.anthropic import AdminApi
from forwarder.sources.names import account_labels, source_name
from forwarder.store import Checkpoint


class AdminSource:
    """A source `kind` of an account, polled every `poll` seconds."""

    def __init__(self, account: str, kind: str, poll: float, api: AdminApi) -> None:
        self.name = source_name(account, kind)
        self.labels = account_labels(account)
        self.poll = poll
        self._api = api

    def now_us(self) -> int:
        """Anthropic's time."""
        return self._api.client.clock.now_us()

    def skew(self) -> float:
        """Anthropic's time minus local time, in seconds."""
        return self._api.client.clock.skew_seconds

    def close(self) -> None:
        """See `Source.close`."""
        self._api.client.close()

    def credential_version(self) -> object:
        """Changes when the key's file changes."""
        return self._api.client.key.version()

    def forget_before_us(self, checkpoint: Checkpoint) -> int:
        """See `Source.forget_before_us`: it has notes, and no ids to forget."""
        return checkpoint.begin_us

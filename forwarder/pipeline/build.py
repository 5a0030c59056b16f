"""Settings → the enabled sources of every account."""

from collections.abc import Callable, Iterator

from forwarder.anthropic import CREATE_ADMIN_KEY, Client, ServerClock, local_us
from forwarder.pipeline.timing import Clock
from forwarder.settings import AccountSettings, Settings
from forwarder.sources import SOURCES, Source
from forwarder.sources.registry import RequiredKey

Wait = Callable[[float], bool]


def build_sources(settings: Settings, wait: Wait, local: Clock = local_us) -> list[Source]:
    """The sources. Those of one key share one client, and so one request budget and clock. `local`: the local clock."""
    return [
        source
        for account_name, account in settings.every_account().items()
        for source in _sources_of(account_name, account, wait, local)
    ]


def _sources_of(account_name: str, account: AccountSettings, wait: Wait, local: Clock) -> Iterator[Source]:
    clients: dict[RequiredKey, Client] = {}
    for name, settings in account.sources.enabled().items():
        kind = SOURCES[name]
        if kind.key not in clients:
            clients[kind.key] = _client(kind.key, account_name, account, wait, local)
        yield kind.build(account_name, name, settings, clients[kind.key])


def _client(key: RequiredKey, account_name: str, account: AccountSettings, wait: Wait, local: Clock) -> Client:
    clock = ServerClock(local)
    if key == "activity feed":
        return Client(account.anthropic, account.anthropic.activity_feed_key(account_name), wait, clock=clock)
    enabled = account.sources.enabled()
    betas = [beta for name, settings in enabled.items() for beta in SOURCES[name].betas(settings)]
    secret = account.anthropic.admin_api_key(account_name)
    return Client(account.anthropic, secret, wait, fix=CREATE_ADMIN_KEY, betas=betas, clock=clock)

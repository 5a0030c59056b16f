"""Playbooks that write a ticket: look for one of the same key first, then make one or add to it.

A search that fails ends the run: without knowing, nothing is made. The requests that write are never sent again by
themselves; run the playbook again, it searches first.
"""

from typing import Any, NamedTuple

from tools.content.arm import parameter
from tools.content.playbooks.actions import Action, comment, http, in_order, secret_of_vault, when
from tools.content.playbooks.incident import about, key
from tools.content.playbooks.playbook import VAULT_PARAMETERS, VAULT_ROLES, VAULT_VALUES, Playbook


class Request(NamedTuple):
    """A request to the ticket system: path after its address, and what goes with it."""

    method: str
    path: str
    inputs: dict[str, Any]


class TicketSystem(NamedTuple):
    """What differs between ticket systems."""

    name: str
    called: str
    address: str
    """What its address looks like."""
    user: str
    """What the account is."""
    credential: str
    """What the secret in the vault is."""
    parameters: dict[str, dict[str, Any]]
    search: Request
    found: str
    """Expression: the list of tickets that the search found."""
    create: Request
    add: Request
    created_name: str
    """Expression: the name of the ticket made."""
    found_name: str
    """Expression: the name of the ticket found."""


def ticket_playbook(system: TicketSystem) -> Playbook:
    """The playbook for a ticket system."""
    settings = {
        "BaseUrl": parameter("string", f"Address, such as {system.address}"),
        "UserName": parameter("string", f"Account that writes: {system.user}"),
        **system.parameters,
    }
    own = {**VAULT_PARAMETERS, "SecretName": parameter("string", system.credential, defaultValue=_secret_name(system))}
    return Playbook(
        name=system.name,
        title=f"Claude: {system.called} ticket",
        description=f"Writes a ticket in {system.called} for an incident about Claude, or adds to the open ticket "
        "about the same rule and the same people and keys.",
        prerequisites=[
            f"An account of {system.called} that searches and writes tickets",
            "A Key Vault with its secret",
        ],
        post_deployment=[
            VAULT_ROLES,
            "Switch on the automation rule that runs it",
        ],
        tags=["Ticketing"],
        entities=[],
        parameters={**settings, **own},
        values={
            **{name: f"[parameters('{name}')]" for name in [*settings, "SecretName"]},
            **VAULT_VALUES,
        },
        connections=(),
        actions=_actions(system),
    )


def _secret_name(system: TicketSystem) -> str:
    return f"{system.called.lower()}-secret"


def _actions(system: TicketSystem) -> dict[str, Action]:
    return in_order(
        {
            **about(),
            **key(),
            "Secret": secret_of_vault(),
            "Search": _request(system.search),
            "Is_there_one": when(
                f"@greater(length({system.found}), 0)",
                {
                    "Add": _request(system.add, once=True),
                    "Say_added": comment(f"Added to {system.called} @{{{system.found_name}}}"),
                },
                {
                    "Create": _request(system.create, once=True),
                    "Say_created": comment(f"Created {system.called} @{{{system.created_name}}}"),
                },
            ),
        }
    )


def _request(request: Request, *, once: bool = False) -> Action:
    basic = {"type": "Basic", "username": "@parameters('UserName')", "password": "@body('Secret')?['value']"}
    return http(
        request.method,
        f"@{{parameters('BaseUrl')}}{request.path}",
        secret=True,
        once=once,
        authentication=basic,
        **request.inputs,
    )

"""Playbooks that write tickets: they search for a ticket with the same key, then create one or add to it.

A failed search ends the run, and nothing is created. Write requests are never retried automatically. Run the playbook
again, it searches first.
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
    """Example of its address."""
    user: str
    """Description of the account."""
    credential: str
    """Description of the secret in the vault."""
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
        "UserName": parameter("string", f"Account for the requests: {system.user}"),
        **system.parameters,
    }
    own = {**VAULT_PARAMETERS, "SecretName": parameter("string", system.credential, defaultValue=_secret_name(system))}
    return Playbook(
        name=system.name,
        title=f"Claude: {system.called} ticket",
        description=f"Creates a {system.called} ticket for a Claude incident, or adds to the open ticket about the "
        "same rule, users and keys.",
        prerequisites=[
            f"A {system.called} account that can search and write tickets",
            "A Key Vault with its secret",
        ],
        post_deployment=[
            VAULT_ROLES,
            "Enable its automation rule",
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
            "Is_found": when(
                f"@greater(length({system.found}), 0)",
                {
                    "Add": _request(system.add, once=True),
                    "Comment_added": comment(f"Added to {system.called} @{{{system.found_name}}}"),
                },
                {
                    "Create": _request(system.create, once=True),
                    "Comment_created": comment(f"Created {system.called} @{{{system.created_name}}}"),
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

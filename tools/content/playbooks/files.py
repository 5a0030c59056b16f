"""`sentinel/Playbooks/<Name>/azuredeploy.json`."""

from tools.content.arm import as_file
from tools.content.folder import Content
from tools.content.playbooks.jira import JIRA
from tools.content.playbooks.playbook import Playbook, template
from tools.content.playbooks.response import DISABLE_KEY, REMOVE_MEMBER, response_playbook
from tools.content.playbooks.servicenow import SERVICENOW
from tools.content.playbooks.teams import TEAMS
from tools.content.playbooks.tickets import ticket_playbook

FOLDER = "sentinel/Playbooks"
RESPONSES = tuple(map(response_playbook, (DISABLE_KEY, REMOVE_MEMBER)))
PLAYBOOKS: tuple[Playbook, ...] = (*map(ticket_playbook, (JIRA, SERVICENOW)), TEAMS, *RESPONSES)


def playbook_files(_: Content) -> dict[str, str]:
    """A template a playbook."""
    return {f"{FOLDER}/{playbook.name}/azuredeploy.json": as_file(template(playbook)) for playbook in PLAYBOOKS}

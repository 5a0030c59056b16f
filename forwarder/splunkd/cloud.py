"""The same for Splunk Cloud, where only Splunk's Admin Config Service changes indexes, tokens and apps.

Sources: Splunk Cloud Platform Admin Config Service Manual, *Administer Splunk Cloud Platform using the ACS CLI*,
*Manage indexes*, *Manage HTTP Event Collector (HEC) tokens*, *Manage private apps*; splunk/acs-cli on GitHub.
"""

from forwarder.splunkd import APP


def acs_steps(indexes: list[str], token_name: str, package: str | None) -> list[str]:
    """The commands in order, a comment before each that needs one."""
    allowed = " ".join(f"--allowed-indexes {name}" for name in indexes)
    return [
        "# Once: the stack is the first part of https://STACK.splunkcloud.com; the user needs the role sc_admin.",
        "acs config add-stack STACK",
        "acs config use-stack STACK",
        "acs login",
        "# Indexes: retention is yours to choose. Each takes some minutes; `acs indexes list` shows them.",
        *(f"acs indexes create --name {name} --data-type event --searchable-days 90" for name in indexes),
        "# The token, without acknowledgement: Splunk Cloud gives that to Firehose only. The answer shows the value.",
        f"acs hec-token create --name {token_name} --default-index {indexes[0]} {allowed}",
        "# The app: AppInspect looks at it first, with your splunk.com account. Y accepts Splunk's legal notice.",
        f"acs apps install private --acs-legal-ack=Y --app-package {package or f'{APP}.tgz'}",
        "# Whether a restart is wanted.",
        "acs status current-stack",
    ]

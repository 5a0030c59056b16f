"""Where Anthropic's APIs are, and the keys of an account. Telemetry alone needs none."""

from pathlib import Path

from pydantic import Field, SecretStr

from forwarder.config import Secret, Section, Url


def settings_prefix(account: str) -> str:
    """The prefix of an account's settings in the file, with its dot."""
    return f"accounts.{account}." if account else ""


class AnthropicSettings(Section):
    """One account of Anthropic's APIs."""

    base_url: Url = Field("https://api.anthropic.com", description="address of Anthropic's API")
    compliance_key: SecretStr | None = Field(
        None, description="Compliance Access Key, `sk-ant-api01-…`, with scope `read:compliance_activities`"
    )
    compliance_key_file: Path | None = Field(None, description="file that holds it")
    admin_key: SecretStr | None = Field(
        None, description="Admin API key, `sk-ant-admin01-…` (Console organization: its Activity Feed)"
    )
    admin_key_file: Path | None = Field(None, description="file that holds it")
    ca_file: Path | None = Field(None, description="extra CA bundle, such as a corporate proxy's")

    def has_key(self) -> bool:
        """Whether any key is set."""
        return bool(self.compliance_key or self.compliance_key_file or self.admin_key or self.admin_key_file)

    def activity_feed_key(self, account: str) -> Secret:
        """The key that reads the Activity Feed: the compliance key if set, else the admin key."""
        if self.compliance_key or self.compliance_key_file:
            name = f"{settings_prefix(account)}anthropic.compliance_key"
            return Secret(name, self.compliance_key, self.compliance_key_file)
        return self.admin_api_key(account)

    def admin_api_key(self, account: str) -> Secret:
        """The key that reads the Admin API."""
        return Secret(f"{settings_prefix(account)}anthropic.admin_key", self.admin_key, self.admin_key_file)

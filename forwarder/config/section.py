"""What every part of the settings is: strict about keys, frozen, one form a secret, addresses that are safe."""

import ipaddress
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator


def is_loopback(host: str) -> bool:
    """Whether `host` names this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _https_or_loopback(url: str) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"{url!r} is not an address ({error})") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{url!r} is not an https:// address")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError(f"{url!r} would send secrets in the clear; plain http:// is for loopback addresses only")
    return url.rstrip("/")


Url = Annotated[str, AfterValidator(_https_or_loopback)]


class Section(BaseModel):
    """A part of the file: unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @model_validator(mode="after")
    def _one_form_a_secret(self) -> "Section":
        for name in type(self).model_fields:
            if name.endswith("_file") and getattr(self, name) and getattr(self, name.removesuffix("_file"), None):
                raise ValueError(f"{name.removesuffix('_file')} and {name} are both set; keep one")
        return self

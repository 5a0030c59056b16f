"""Base of every section of the settings: unknown keys are errors, values are frozen, URLs are safe.

A file of its own because it is what settings are made of; how a file is loaded into them stands in `load`.
"""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

from forwarder.proxies import is_loopback


def _https_or_loopback(url: str) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"{url!r} is not a URL ({error})") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{url!r} is not an https:// URL")
    if "@" in parts.netloc:
        raise ValueError("holds a credential, which would be shown; set it under its own key")
    if parts.query or parts.fragment:
        raise ValueError(f"has a {'query' if parts.query else 'fragment'} (behind ? or #); write only the address")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError(
            f"{url!r} would send secrets unencrypted; use https://, plain http:// is for loopback addresses only"
        )
    return url.rstrip("/")


Url = Annotated[str, AfterValidator(_https_or_loopback)]


class Section(BaseModel):
    """One section of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @model_validator(mode="after")
    def _value_or_file(self) -> "Section":
        for name in type(self).model_fields:
            if name.endswith("_file") and getattr(self, name) and getattr(self, name.removesuffix("_file"), None):
                raise ValueError(f"{name.removesuffix('_file')} and {name} are both set; keep one")
        return self

"""The one filter for secrets: what the forwarder writes in its own words passes it before it leaves.

Invariants:
- Every secret that was configured or read from its file stays known until the process ends, after a rotation too.
- A known secret is found whatever its case, in the encodings in which servers and libraries repeat it, and cut off.
- A key that was never configured as one (put under the wrong setting, or in an answer) is recognized by its shape.
- Time is linear in the text.

Events are not filtered: what Anthropic or a client sent is delivered as it is. Filtered are messages: log lines,
errors, conditions, the reasons of dead letters, answers to clients, everything a command writes about its work.
"""

import base64
import html
import json
import re
import threading
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

REDACTED = "[redacted]"
SHORTEST_WITHIN = 8
"""Characters of a secret that is found within other text; a shorter one is found only as a whole word."""
SHORTEST = 6
"""A shorter text is no secret: every second line would contain it."""
LEAST_CUT_OFF = 12
"""Characters after which the beginning of a secret counts as the secret, cut off by a limit on length."""
KEY, LEAST_OF_A_KEY = "sk-ant-", 20
"""The beginning of a key of Anthropic's only names its kind."""
MOST_SECRETS = 1000
_PARAMETERS = (
    r"client_secret|client_assertion|api[_-]?key|access_token|refresh_token|id_token|session_?key|token|secret|"
    r"password|passwd|pwd|sig"
)
_SHAPES: tuple[tuple["re.Pattern[str]", str], ...] = (
    # A key of Anthropic's. What is only the beginning of one, as in a message about the kinds of keys, has no 4 more.
    (re.compile(r"sk-ant-(?:[a-z]{2,12}\d{2}-)?+[A-Za-z0-9_-]{4,}", re.IGNORECASE), REDACTED),
    (re.compile(r"(?<=://)[^/?#\s\"'<>]*@"), f"{REDACTED}@"),
    # A JSON Web Token, as Microsoft Entra issues them.
    (re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_-]*"), REDACTED),
    (
        re.compile(
            r"((?:authorization|x-api-key)[\"']?\s*[:=,]\s*b?[\"']?(?:(?:splunk|bearer|basic|negotiate)\s+)?)"
            r"[^\s\"'\\,;}\[\])]{8,}",
            re.IGNORECASE,
        ),
        rf"\1{REDACTED}",
    ),
    (re.compile(r"\b(splunk\s+)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE), rf"\1{REDACTED}"),
    (
        re.compile(r"\b((?:bearer|basic)\s+)(?=[a-z._~/+-]*[0-9=])[a-z0-9._~+/=-]{16,}", re.IGNORECASE),
        rf"\1{REDACTED}",
    ),
    (re.compile(rf"(?<![A-Za-z0-9])({_PARAMETERS})=[^\s&\"'\\,;)<>]+", re.IGNORECASE), rf"\1={REDACTED}"),
    (
        re.compile(rf"(\\?[\"'])({_PARAMETERS})\1(\s*:\s*)\1[^\"'\\\s]+", re.IGNORECASE),
        rf"\1\2\1\3\1{REDACTED}",
    ),
    (re.compile(r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----(?:(?!-----END)[\s\S])*+"), REDACTED),
)
_OPAQUE = re.compile(r"[A-Za-z0-9_~+=.-]{16,}+")
_QUOTED = re.compile(rf"(?<=['\"]){_OPAQUE.pattern}(?=['\"])")
"""A quoted value without a space, slash or colon."""
_UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)


class SecretFilter:
    """Knows secrets and removes them from text. Safe from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, None] = {}
        self._by_head: dict[str, tuple[str, ...]] = {}
        """All spellings of the known secrets in lower case, by their first characters."""
        self._words: re.Pattern[str] | None = None
        """The known secrets that are found only as whole words."""

    def add(self, secret: str) -> None:
        """Remove this secret, in all its spellings, from now on."""
        secret = secret.strip().encode("utf-8", "replace").decode()
        if len(secret) < SHORTEST or secret in self._known:
            return
        with self._lock:
            if len(self._known) >= MOST_SECRETS:
                del self._known[next(iter(self._known))]
            self._known[secret] = None
            self._by_head = _by_head(s for known in self._known if len(known) >= SHORTEST_WITHIN for s in spell(known))
            short = [re.escape(known) for known in self._known if len(known) < SHORTEST_WITHIN]
            self._words = re.compile(rf"(?<![\w-])(?:{'|'.join(short)})(?![\w-])", re.I) if short else None

    def redact(self, text: str) -> str:
        """The text without secrets."""
        # What is cut off comes last: the beginning of one key is that of every other key of its kind.
        text = self._without_known(text, cut_off=False)
        if self._words:
            text = self._words.sub(REDACTED, text)
        return self._without_known(_without_shapes(text), cut_off=True)

    def _without_known(self, text: str, cut_off: bool) -> str:
        lower = _lower(text)
        found = (_found(lower, head, spellings, cut_off) for head, spellings in self._by_head.items())
        spans = sorted(span for spans in found for span in spans)
        if not spans:
            return text
        pieces, end = [], 0
        for start, stop in spans:
            if start >= end:
                pieces += [text[end:start], REDACTED]
            end = max(end, stop)
        return "".join([*pieces, text[end:]])


def _without_shapes(text: str) -> str:
    for pattern, replacement in _SHAPES:
        text = pattern.sub(replacement, text)
    return text


def spell(secret: str) -> set[str]:
    """The secret as servers and libraries repeat it, in lower case."""
    quoted = quote(secret, safe="")
    plain = {
        secret,
        quoted,
        quote(secret),
        quote(quoted, safe=""),
        html.escape(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret)[1:-1].replace("/", "\\/"),
        repr(secret)[1:-1],
        secret.encode().hex(),
    }
    return {_lower(spelling) for spelling in plain | set(_in_base64(secret.encode()))}


def _in_base64(secret: bytes) -> Iterator[str]:
    """The characters that base64 makes of the secret alone, whatever stands before it (as `user:`) and behind it."""
    for before in range(3):
        whole = before + len(secret)
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode(b"\0" * before + secret).decode()
            yield encoded[(before * 8 + 5) // 6 : whole * 8 // 6]


def _by_head(spellings: Iterator[str]) -> dict[str, tuple[str, ...]]:
    heads: dict[str, tuple[str, ...]] = {}
    for spelling in spellings:
        head = spelling[:SHORTEST_WITHIN]
        heads[head] = (*heads.get(head, ()), spelling)
    return heads


def _found(text: str, head: str, spellings: tuple[str, ...], cut_off: bool) -> Iterator[tuple[int, int]]:
    """Where one of the spellings, which begin with `head`, stands in a text: whole, or else cut off."""
    measure = _cut_off_length if cut_off else _whole_length
    at = text.find(head)
    while at >= 0:
        length = max(measure(text, at, spelling) for spelling in spellings)
        if length:
            yield at, at + length
        at = text.find(head, at + max(length, 1))


def _whole_length(text: str, at: int, spelling: str) -> int:
    return len(spelling) if text.startswith(spelling, at) else 0


def _cut_off_length(text: str, at: int, spelling: str) -> int:
    there = f"{text[at : at + len(spelling)]}\0"
    same = next(number for number, character in enumerate(there) if character != spelling[number])
    return same if same >= (LEAST_OF_A_KEY if spelling.startswith(KEY) else LEAST_CUT_OFF) else 0


def _lower(text: str) -> str:
    """In lower case and as long as before: some letters become two."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(c if len(c.lower()) > 1 else c.lower() for c in text)


_FILTER = SecretFilter()
"""A secret is one everywhere in the process, so the process has one filter."""
add_secret = _FILTER.add
redact = _FILTER.redact


def redact_all(value: Any) -> Any:
    """A value of strings, lists, tuples and mappings, without secrets in any of its texts."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {key: redact_all(item) for key, item in value.items()}
    return [redact_all(item) for item in value] if isinstance(value, list | tuple) else value


def redact_values(text: str) -> str:
    """As `redact`; also quoted values and UUIDs that might be a secret, in a message about a value that is refused."""
    return _QUOTED.sub(_opaque, _UUID.sub("(a UUID)", redact(text)))


def redact_name(name: str) -> str:
    """As `redact`; also a UUID and what is no word, in a name that a person may have put in place of another."""
    mixed = _OPAQUE.fullmatch(name) and all(any(map(kind, name)) for kind in (str.isupper, str.islower, str.isdigit))
    return "(a name that may be a secret)" if mixed or _UUID.search(name) else redact(name)


def _opaque(quoted: "re.Match[str]") -> str:
    """A value of mixed characters may be a secret; a word is none."""
    value = quoted[0]
    mixed = not value.isalpha() or not (value.islower() or value.isupper())
    return "(a value that may be a secret)" if mixed else value


def looks_like_secret(text: str) -> bool:
    """Whether a text is a secret by its shape: a key, a token, a UUID such as HEC tokens are."""
    return _without_shapes(text) != text or _UUID.fullmatch(text) is not None


def shorten(text: str, limit: int) -> str:
    """The text without secrets, cut off at `limit` characters; a secret that is cut off first would not be found."""
    clean = redact(text)
    return clean if len(clean) <= limit else f"{clean[:limit]}…"

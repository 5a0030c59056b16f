"""The filter for secrets: what it finds, in which spellings, and what it leaves alone."""

import base64
import html
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.redaction import REDACTED, SecretFilter, looks_like_secret, redact, redact_all, redact_values, shorten

SECRET = "pA/5s+w0rd&\"<'>=%x9Z"
UUID = "4f1f7c52-9d3e-4b71-8a55-0c9b6f2d7e11"


def known(*secrets: str) -> SecretFilter:
    """A filter that knows these secrets."""
    made = SecretFilter()
    for secret in secrets:
        made.add(secret)
    return made


SPELLINGS = {
    "as it is": SECRET,
    "in capitals": SECRET.upper(),
    "in a URL": quote(SECRET, safe=""),
    "in a URL, with slashes": quote(SECRET),
    "in a URL within a URL": quote(quote(SECRET, safe=""), safe=""),
    "in JSON": json.dumps(SECRET),
    "in a Python repr": repr(SECRET),
    "in HTML": html.escape(SECRET),
    "in base64": base64.b64encode(SECRET.encode()).decode(),
    "in base64 with a user": base64.b64encode(f"admin:{SECRET}".encode()).decode(),
    "in base64 within more": base64.b64encode(f"ab{SECRET}cd".encode()).decode(),
    "in base64 for URLs": base64.urlsafe_b64encode(f"x:{SECRET}".encode()).decode(),
    "in hex": SECRET.encode().hex(),
    "cut off": SECRET[:13],
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_a_known_secret_is_removed_in_every_spelling(spelling: str) -> None:
    text = known("another-secret", SECRET).redact(f"HTTP 401: «{spelling}» is wrong")
    assert REDACTED in text
    assert SECRET[:8].lower() not in text.lower()
    assert text.startswith("HTTP 401: «")
    assert text.endswith("» is wrong")


SHAPES = [
    ("key sk-ant-api01-AbC_d-9 is wrong", f"key {REDACTED} is wrong"),
    ("SK-ANT-ADMIN01-ABCDEF", REDACTED),
    ("https://ann:p@ss@splunk.example:8088/x", f"https://{REDACTED}@splunk.example:8088/x"),
    ("https://token@host and http://a/b@c", f"https://{REDACTED}@host and http://a/b@c"),
    (f"Authorization: Splunk {UUID}", f"Authorization: Splunk {REDACTED}"),
    (f"expected Splunk {UUID}", f"expected Splunk {REDACTED}"),
    ("'authorization': 'Bearer abcdef123456'", f"'authorization': 'Bearer {REDACTED}'"),
    ("(b'x-api-key', b'abcdefgh1')", f"(b'x-api-key', b'{REDACTED}')"),
    ("basic YWRtaW46c2VjcmV0LXdvcmQ=", f"basic {REDACTED}"),
    ("jwt eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0abc.c2ln_x", f"jwt {REDACTED}"),
    ("/x?token=abc&n=1", f"/x?token={REDACTED}&n=1"),
    ("client_secret=abc~d", f"client_secret={REDACTED}"),
    ('{"password": "x", "n": 1}', f'{{"password": "{REDACTED}", "n": 1}}'),
    (r"{\"access_token\":\"x\"}", rf"{{\"access_token\":\"{REDACTED}\"}}"),
    ("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----", f"{REDACTED}-----END PRIVATE KEY-----"),
]


@pytest.mark.parametrize(("text", "clean"), SHAPES, ids=[text[:20] for text, _ in SHAPES])
def test_a_secret_that_nobody_configured_is_recognized_by_its_shape(text: str, clean: str) -> None:
    assert redact(text) == clean
    assert redact(clean) == clean


@pytest.mark.parametrize(
    "text",
    [
        "this is a Claude API key (sk-ant-api03-…), which no compliance endpoint accepts",
        "create an Admin key, sk-ant-admin01-…",
        "sinks.splunk.token: must be one line of printable ASCII",
        "no Authorization: Bearer token",
        "Basic authentication is not supported, bearer tokens are",
        f"event {UUID} is refused",
        "anthropic.compliance_key_file: /run/secrets/key cannot be read",
        "https://splunk.example:8088/services/collector: HTTP 404",
        "mail to ann@example.com",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert known(SECRET).redact(text) == text


def test_a_short_secret_is_found_as_a_word_only_and_a_shorter_one_is_none() -> None:
    clean = known("pass-1", "x", "").redact("pass-1 and 'pass-1', pass-12, my_pass-1, x")
    assert clean == f"{REDACTED} and '{REDACTED}', pass-12, my_pass-1, x"


@given(st.text(), st.text(min_size=8, max_size=40).filter(lambda secret: len(secret.strip()) >= 8))
def test_no_text_around_it_hides_a_secret(text: str, secret: str) -> None:
    clean = known(secret).redact(f"{text}{secret}{text}").replace(REDACTED, "\0")
    assert secret.strip() not in clean


def test_every_text_of_a_value_is_redacted_and_the_rest_is_as_it_was() -> None:
    value = {"a": [1, None, ("sk-ant-api01-abcd", 2.5)], "b": {"c": True}}
    assert redact_all(value) == {"a": [1, None, [REDACTED, 2.5]], "b": {"c": True}}


def test_what_is_cut_off_is_redacted_before() -> None:
    assert shorten(f"{'x' * 10} sk-ant-api01-abcdefgh", 20) == f"{'x' * 10} {REDACTED[:9]}…"
    assert shorten("short", 20) == "short"


def test_a_refused_value_is_shown_unless_it_may_be_a_secret() -> None:
    assert redact_values("'8 gigs' is not a number") == "'8 gigs' is not a number"
    unknown = "0c9b6f2d-9d3e-4b71-8a55-4f1f7c527e11"
    assert redact_values(f"'{unknown}' is not a URL") == "'(a UUID)' is not a URL"
    assert "aB3xk" not in redact_values("'aB3xk9Zq~0pLmN7r' is not an address")


@pytest.mark.parametrize("text", ["sk-ant-api01-abcd", UUID, "https://a:b@c", "token=abc"])
def test_a_secret_by_shape_is_no_path(text: str) -> None:
    assert looks_like_secret(text)
    assert not looks_like_secret(f"/run/secrets/{UUID}")
    assert not looks_like_secret("./token.txt")


HOSTILE = [
    "eyJ",
    "://",
    "sk-ant-",
    "bearer ",
    "basic 1",
    "authorization:",
    "authorization ",
    "token=",
    '"token"',
    "-----BEGIN PRIVATE KEY-----",
    f"{UUID[:14]}",
    "'aB1",
    "İ",
]


@pytest.mark.parametrize("part", HOSTILE)
def test_no_text_takes_longer_than_its_length(part: str) -> None:
    """A megabyte takes a second or two; if time grew with the square of the length, it would take hours."""
    text = part * (1_000_000 // len(part))
    assert known(UUID).redact(text)
    assert redact_values(f"'{text}'")

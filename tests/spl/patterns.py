"""Wildcards and Perl-style regular expressions as Python regular expressions."""

import re
from functools import lru_cache

from tests.spl.errors import SplError


@lru_cache(maxsize=4096)
def wildcard(pattern: str, case_sensitive: bool = False) -> re.Pattern[str]:
    """A pattern in which `*` stands for any text; to be used with `fullmatch`."""
    body = ".*".join(re.escape(part) for part in pattern.split("*"))
    return re.compile(body, re.S if case_sensitive else re.S | re.I)


@lru_cache(maxsize=4096)
def like(pattern: str) -> re.Pattern[str]:
    """A pattern of `like()`: `%` for any text, `_` for one character."""
    parts = {"%": ".*", "_": "."}
    return re.compile("".join(parts.get(character, re.escape(character)) for character in pattern), re.S)


@lru_cache(maxsize=4096)
def perl(pattern: str) -> re.Pattern[str]:
    """A PCRE pattern. What Python's `re` cannot express is refused."""
    try:
        return re.compile(re.sub(r"\(\?<(?=[A-Za-z_])", "(?P<", pattern))
    except re.error as error:
        raise SplError(f'regular expression "{pattern}": {error}') from error


@lru_cache(maxsize=4096)
def phrase(words: str) -> re.Pattern[str]:
    """Finds words in raw text, whole terms only: letters and digits must not go on at either end."""
    body = r"[^\s]*".join(re.escape(part) for part in words.split("*"))
    before = "" if words.startswith("*") else r"(?<![A-Za-z0-9])"
    after = "" if words.endswith("*") else r"(?![A-Za-z0-9])"
    return re.compile(before + body + after, re.I)

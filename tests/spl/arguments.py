"""What the grammars of commands have in common: `name=value` options and lists of fields."""

from collections.abc import Collection

from tests.spl.errors import SplError
from tests.spl.lexer import Scanner, Token
from tests.spl.patterns import wildcard

_BOOLEANS = {"t": True, "true": True, "1": True, "f": False, "false": False, "0": False}


def options(scanner: Scanner, known: Collection[str], command: str) -> dict[str, Token]:
    """Every `name=value` that follows. An unknown name is refused."""
    found: dict[str, Token] = {}
    while (name := scanner.peek()).kind == "word" and _is_option(scanner, name):
        if name.text not in known:
            raise SplError(f"{command}: option {name.text} is not implemented here", name.start)
        scanner.take()
        scanner.expect("=")
        found[name.text] = scanner.take()
    return found


def _is_option(scanner: Scanner, name: Token) -> bool:
    return scanner.source[name.end :].lstrip().startswith("=")


def boolean(found: dict[str, Token], name: str, default: bool) -> bool:
    """An option that is true or false."""
    if name not in found:
        return default
    token = found[name]
    if token.text.lower() not in _BOOLEANS:
        raise SplError(f"{name} is true or false, not `{token.text}`", token.start)
    return _BOOLEANS[token.text.lower()]


def whole_number(token: Token) -> int:
    """A token that must be a whole number of at least 0."""
    if not token.text.isdigit():
        raise SplError(f"expected a whole number, found `{token.text}`", token.start)
    return int(token.text)


def field(scanner: Scanner) -> str:
    """One field name, bare or in double quotes."""
    token = scanner.take()
    if token.kind not in ("word", "string"):
        raise SplError(f"expected a field, found `{token.text or 'the end'}`", token.start)
    return token.text


def fields(scanner: Scanner, stops: Collection[str] = (), wildcards: bool = False) -> tuple[str, ...]:
    """Field names separated by blanks or commas, at least one, up to the end or a word that stops them."""
    found: list[str] = []
    while not scanner.at_end_of_command() and not scanner.peek().is_word(*stops):
        start = scanner.peek().start
        found.append(field(scanner))
        if "*" in found[-1] and not wildcards:
            raise SplError(f"the wildcard {found[-1]} is not implemented here", start)
        scanner.accept(",")
    if not found:
        raise SplError("expected a field", scanner.peek().start)
    return tuple(found)


def selected(patterns: Collection[str], names: Collection[str]) -> list[str]:
    """The names that the patterns select, in the patterns' order. `*` does not reach internal (`_`) fields."""
    found: dict[str, None] = {}
    for pattern in patterns:
        if "*" not in pattern:
            found[pattern] = None
            continue
        regex = wildcard(pattern, case_sensitive=True)
        hidden = not pattern.startswith("_")
        found |= {name: None for name in names if regex.fullmatch(name) and not (hidden and name.startswith("_"))}
    return list(found)

"""A query read at another moment: `now()` and `ago()` become literals.

Source: Kusto Query Language, *now()* (`now(offset)`: now and the offset), *ago()* (now less the timespan). What stands
in strings and comments is left alone.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from forwarder.azure.tokens import Token, tokens
from forwarder.errors import Reject

_SIGNS = {"now": "+", "ago": "-"}
_PAIRS = {")": "(", "]": "[", "}": "{"}


def literal(moment: float) -> str:
    """Epoch seconds as KQL writes a moment."""
    told = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    return f"datetime({told.removesuffix('+00:00')}Z)"


def at(query: str, moment: float) -> str:
    """The query as it is read at `moment` (epoch seconds). Raises `Reject` for brackets that do not match."""
    pieces, then = list(tokens(query)), literal(moment)
    written = [piece.text for piece in pieces]
    closing = _matched(pieces)
    for call, opened in _calls(pieces):
        closed = closing[opened]
        if _following(pieces, opened) == closed:
            written[call], written[opened], written[closed] = then, "", ""
        else:
            written[call], written[opened], written[closed] = f"({then}", f" {_SIGNS[pieces[call].text]} (", "))"
    return "".join(written)


def _calls(pieces: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Where `now` or `ago` is called, and where its bracket opens."""
    for position, piece in enumerate(pieces):
        if piece.kind == "word" and piece.text in _SIGNS:
            after = _following(pieces, position)
            if after is not None and pieces[after] == Token("sign", "("):
                yield position, after


def _matched(pieces: Sequence[Token]) -> dict[int, int]:
    """Where each bracket closes, by where it opens."""
    found: dict[int, int] = {}
    opened: list[int] = []
    for position, piece in enumerate(pieces):
        if piece.kind == "sign" and piece.text in _PAIRS.values():
            opened.append(position)
        elif piece.kind == "sign" and piece.text in _PAIRS:
            if not opened or pieces[opened[-1]].text != _PAIRS[piece.text]:
                raise Reject("query", f"the query's brackets do not match: {piece.text!r} closes none")
            found[opened.pop()] = position
    if opened:
        raise Reject("query", f"the query's brackets do not match: {pieces[opened[-1]].text!r} is never closed")
    return found


def _following(pieces: Sequence[Token], position: int) -> int | None:
    """The next piece that says something."""
    rest = range(position + 1, len(pieces))
    return next((n for n in rest if pieces[n].kind not in ("space", "comment")), None)

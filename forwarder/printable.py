"""Text from outside as a terminal, a log console or a spreadsheet may show it.

Invariants:
- `printable`: one line, in which nothing steers a terminal: no control characters (C0, C1, escape sequences), no line
  or paragraph separators, nothing that turns the direction of text or that cannot be seen.
- `printable_json`: the same value as before, in characters that a terminal may show.
- `csv_cell`: no spreadsheet takes the cell for a formula; `csv_value` gives back what was in it.
"""

_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""What Excel, LibreOffice and Google Sheets begin a formula with (OWASP: CSV injection), also as full-width forms."""
_TEXT = "'"
"""Before a cell, a spreadsheet takes it for text."""


def printable(text: str) -> str:
    """The text on one line, everything in it escaped that does not show as itself."""
    return text if text.isprintable() else "".join(c if c.isprintable() else _escape(c) for c in text)


def printable_lines(text: str) -> str:
    """The text with its lines, each `printable`, and indented so that none of them begins a line of ours."""
    return "\n".join(f"    {printable(line.expandtabs(4))}" for line in text.split("\n"))


def printable_json(encoded: str) -> str:
    """JSON text in which what does not show as itself is escaped; line breaks between values stay."""
    if encoded.isprintable():
        return encoded
    return "".join(c if c.isprintable() or c == "\n" else _json_escape(c) for c in encoded)


def csv_cell(value: object) -> object:
    """The value as a cell. Numbers and dates are our own and stay; text never begins a formula."""
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"{_TEXT}{text}" if text.lstrip().startswith(_FORMULA) or text.startswith(_TEXT) else text


def csv_value(cell: str) -> str:
    """The text of a cell that `csv_cell` made, or that a person wrote."""
    text = cell.removeprefix(_TEXT)
    return text if text.lstrip().startswith((*_FORMULA, _TEXT)) else cell


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode()


def _json_escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))

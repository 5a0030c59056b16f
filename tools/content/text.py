"""Rule texts as descriptions and next steps show them."""

from tools.content.rules import Rule


def one_line(text: str) -> str:
    """The text without line breaks and repeated spaces."""
    return " ".join(text.split())


def paragraphs(rule: Rule) -> list[str]:
    """Summary, reason, runbook and false positives, one line each."""
    book = rule.runbook
    return [
        one_line(rule.summary),
        one_line(rule.why),
        f"Look first: {listed(book.look_first)}",
        f"Ask: {listed(book.ask)}",
        f"Contain: {listed(book.stop)}",
        f"False positives: {listed(rule.false_positives)}",
    ]


def listed(text: str | list[str]) -> str:
    """The text, or the list of texts, in one line."""
    return one_line(text if isinstance(text, str) else " ".join(text))

"""Text of a rule, fit for the places where an analyst reads it."""

from tools.content.rules import Rule


def one_line(text: str) -> str:
    """The text without line breaks and repeated blanks."""
    return " ".join(text.split())


def paragraphs(rule: Rule) -> list[str]:
    """What it finds, why that matters, what to do, and when it is wrong; one line each."""
    book = rule.runbook
    return [
        one_line(rule.summary),
        one_line(rule.why),
        f"Look first: {_listed(book.look_first)}",
        f"Ask: {_listed(book.ask)}",
        f"Stop: {_listed(book.stop)}",
        f"May be harmless: {_listed(rule.false_positives)}",
    ]


def _listed(text: str | list[str]) -> str:
    return one_line(text if isinstance(text, str) else " ".join(text))

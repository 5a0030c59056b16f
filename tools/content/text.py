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
        f"Look first: {listed(book.look_first)}",
        f"Ask: {listed(book.ask)}",
        f"Stop: {listed(book.stop)}",
        f"May be harmless: {listed(rule.false_positives)}",
    ]


def listed(text: str | list[str]) -> str:
    """The text, or its sentences, in one line."""
    return one_line(text if isinstance(text, str) else " ".join(text))

"""Parses the expressions of eval and where.

Precedence, from the loosest: OR, AND, NOT, comparison, then `+ - .`, then `* / %`, then unary minus.
"""

import re

from tests.spl.errors import SplError
from tests.spl.lexer import Scanner, Token
from tests.spl.tree import Binary, Call, Constant, Expression, FieldRef, Unary

_COMPARISONS = ("=", "==", "!=", "<", "<=", ">", ">=")


def parse_expression(scanner: Scanner) -> Expression:
    """The expression at the scanner's place."""
    left = _all_of(scanner)
    while token := _keyword(scanner, "OR"):
        left = Binary("OR", left, _all_of(scanner), token.start)
    return left


def _keyword(scanner: Scanner, *words: str) -> Token | None:
    token = scanner.peek("eval")
    if token.kind != "word" or token.text.upper() not in words:
        return None
    if token.text.islower() and token.text not in ("in", "like"):
        raise SplError(f"`{token.text}` must be written {token.text.upper()}", token.start)
    return scanner.take("eval")


def _all_of(scanner: Scanner) -> Expression:
    left = _negation(scanner)
    while token := _keyword(scanner, "AND"):
        left = Binary("AND", left, _negation(scanner), token.start)
    if token := _keyword(scanner, "XOR"):
        raise SplError("XOR is not implemented", token.start)
    return left


def _negation(scanner: Scanner) -> Expression:
    if token := _keyword(scanner, "NOT"):
        return Unary("NOT", _negation(scanner), token.start)
    return _comparison(scanner)


def _comparison(scanner: Scanner) -> Expression:
    left = _sum(scanner)
    token = scanner.peek("eval")
    if token.is_op(*_COMPARISONS):
        scanner.take("eval")
        operator = "=" if token.text == "==" else token.text
        return Binary(operator, left, _sum(scanner), token.start)
    if _keyword(scanner, "LIKE"):
        return Call("like", (left, _sum(scanner)), token.start)
    if _keyword(scanner, "IN"):
        return Call("in", (left, *_arguments(scanner)), token.start)
    return left


def _sum(scanner: Scanner) -> Expression:
    left, first = _product(scanner), ""
    while (token := scanner.peek("eval")).is_op("+", "-", "."):
        first = first or token.text
        if (first == ".") != (token.text == "."):
            raise SplError("`.` beside `+` or `-` needs parentheses", token.start)
        scanner.take("eval")
        left = Binary(token.text, left, _product(scanner), token.start)
    return left


def _product(scanner: Scanner) -> Expression:
    left = _factor(scanner)
    while (token := scanner.peek("eval")).is_op("*", "/", "%"):
        scanner.take("eval")
        left = Binary(token.text, left, _factor(scanner), token.start)
    return left


def _factor(scanner: Scanner) -> Expression:
    token = scanner.take("eval")
    if token.is_op("-"):
        return Unary("-", _factor(scanner), token.start)
    if token.is_op("("):
        inner = parse_expression(scanner)
        scanner.expect(")", "eval")
        return inner
    if token.kind == "string":
        return Constant(token.text)
    if token.kind == "number":
        return Constant(int(token.text) if token.text.isdigit() else float(token.text))
    if token.kind == "name":
        return FieldRef(token.text)
    if token.kind == "word":
        return _word(scanner, token)
    raise SplError(f"an expression cannot go on with `{token.text or 'the end'}`", token.start)


def _word(scanner: Scanner, token: Token) -> Expression:
    rest = re.match(r"(\.\w|\{)", scanner.source[token.end :])
    if rest:
        raise SplError(f"`{token.text}{rest[0]}…`: a dotted field name needs single quotes here", token.start)
    if scanner.peek("eval").is_op("("):
        return Call(token.text, _arguments(scanner), token.start)
    return FieldRef(token.text)


def _arguments(scanner: Scanner) -> tuple[Expression, ...]:
    scanner.expect("(", "eval")
    arguments: list[Expression] = []
    if scanner.accept(")", dialect="eval"):
        return ()
    while True:
        arguments.append(parse_expression(scanner))
        if not scanner.accept(",", dialect="eval"):
            break
    scanner.expect(")", "eval")
    return tuple(arguments)

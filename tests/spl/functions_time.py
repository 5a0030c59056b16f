"""Functions of eval about time, in the searcher's zone. Source: Search Reference, *Date and Time functions*."""

import re
from datetime import datetime

from tests.spl.errors import SplError
from tests.spl.functions import Function
from tests.spl.signature import Signature
from tests.spl.timemath import ZONE, relative_time
from tests.spl.values import Number, Scalar, number, text, tidy

_FORMATS = {directive: f"%{directive}" for directive in "YmdHMSybBaAwjpITFz"} | {"%": "%%"}
_FRACTIONS = {"3N": 3, "Q": 3, "6N": 6}
_DIRECTIVE = re.compile(r"%(3N|6N|.)")


def time_functions(now: float) -> dict[str, Function]:
    """The functions of time for a clock that stands at `now`, in whole seconds as in Splunk."""
    clock = Signature(lambda: int(now), 0, 0)
    table = {
        "now": clock,
        "time": clock,
        "relative_time": Signature(_relative, 2, 2),
        "strftime": Signature(_written, 2, 2),
        "strptime": Signature(_read, 2, 2),
    }
    return {name: Function(signature) for name, signature in table.items()}


def _relative(start: Scalar, specifier: Scalar) -> Number | None:
    epoch = number(start)
    return None if epoch is None else tidy(relative_time(epoch, text(specifier)))


def _written(when: Scalar, layout: Scalar) -> str | None:
    epoch = number(when)
    if epoch is None:
        return None
    time = datetime.fromtimestamp(epoch, ZONE.get())

    def part(match: re.Match[str]) -> str:
        directive = match[1]
        if directive in _FRACTIONS:
            return f"{time.microsecond:06d}"[: _FRACTIONS[directive]]
        return {"s": str(int(epoch)), "Z": time.tzname() or "UTC"}.get(directive) or time.strftime(_format(directive))

    return _DIRECTIVE.sub(part, text(layout))


def _read(written: Scalar, layout: Scalar) -> Number | None:
    def part(match: re.Match[str]) -> str:
        return "%f" if match[1] in _FRACTIONS else _format(match[1])

    layout_here = _DIRECTIVE.sub(part, text(layout)).replace("%T", "%H:%M:%S").replace("%F", "%Y-%m-%d")
    try:
        time = datetime.strptime(text(written), layout_here)  # noqa: DTZ007 - the next line gives it its zone
    except ValueError as error:
        if "unconverted data" in str(error):
            raise SplError(f'"{written}" goes on after the format "{layout}" has ended') from error
        return None
    return tidy((time if time.tzinfo else time.replace(tzinfo=ZONE.get())).timestamp())


def _format(directive: str) -> str:
    if directive not in _FORMATS:
        raise SplError(f"%{directive} is not implemented")
    return _FORMATS[directive]

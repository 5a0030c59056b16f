"""The ASIM parsers as shipped under Microsoft's binder: no problem, every column there and of the schema's type."""

from pathlib import Path

import pytest

from forwarder.detect.functions import SavedFunction
from tests.kql.binder import Bound, bind
from tests.packages.asim import PARSERS, SCHEMAS, declared, wanted
from tools.content.folder import read

FUNCTIONS = [SavedFunction(name, declared(name), parser["ParserQuery"]) for name, parser in PARSERS.items()]


def _within(function: SavedFunction) -> str:
    """The function within a query, where the binder tells of every line of it."""
    return f"let parser = ({function.parameters}) {{\n{function.body}\n}};\nparser()"


def _line_to_add(schema: str) -> str:
    """The line to add to a custom unifying parser, as Microsoft's page on managing ASIM parsers has it.

    It stands in a function that declares what the page passes on.
    """
    name = f"vim{schema}Claude"
    own = ["starttime", "endtime", *wanted(schema).parameters]
    line = f"{name}({', '.join(f'{one}={one}' for one in own)}, disabled=false, pack=pack)"
    return f"let custom = ({declared(name)}) {{\nunion isfuzzy=true {line}\n}};\ncustom()"


WITHIN = {function.name: _within(function) for function in FUNCTIONS}
CALLS = {f"to {schema}": _line_to_add(schema) for schema in SCHEMAS}
CALLS |= {f"to {schema}, plain": f"ASim{schema}Claude(disabled=false, pack=true)" for schema in SCHEMAS}
BROKEN = {f"broken {name}": text.replace("status_id", "status_uid", 1) for name, text in WITHIN.items()}


@pytest.fixture(scope="module")
def bound() -> dict[str, Bound]:
    content = read(Path(__file__).parent.parent.parent / "detections")
    return bind(content, WITHIN | CALLS | BROKEN, FUNCTIONS)


def test_every_parser_binds_without_error_or_warning(bound: dict[str, Bound]) -> None:
    assert len(WITHIN) == 2 * len(SCHEMAS)
    assert {name: bound[name].problems for name in WITHIN if bound[name].problems} == {}


@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_mandatory_and_recommended_column_is_there_and_all_have_the_schemas_types(
    bound: dict[str, Bound], schema: str
) -> None:
    expected = wanted(schema)
    for kind in ("ASim", "vim"):
        columns = bound[f"{kind}{schema}Claude"].columns
        assert {**expected.mandatory, **expected.recommended}.items() <= columns.items()
        assert columns.items() <= {**expected.others, **expected.recommended, **expected.mandatory}.items()


def test_a_custom_unifying_parser_can_call_them_as_microsofts_page_says(bound: dict[str, Bound]) -> None:
    assert {name: bound[name].problems for name in CALLS if bound[name].problems} == {}
    assert all("EventUid" in bound[name].columns for name in CALLS)


def test_a_wrong_column_in_a_parser_is_found(bound: dict[str, Bound]) -> None:
    assert [name for name in BROKEN if "status_uid" not in str(bound[name].problems)] == []

"""README.md lists what there is: a reader must not have to look into the code for it."""

import re
from pathlib import Path

from tests.spl.aggregates import AGGREGATES
from tests.spl.commands import GRAMMAR
from tests.spl.functions import FORMS, FUNCTIONS
from tests.spl.functions_time import time_functions
from tests.spl.world import NOW


def test_every_command_and_function_is_listed() -> None:
    listed = set(re.findall(r"\w+", Path(__file__).with_name("README.md").read_text()))
    implemented = {*GRAMMAR, *FUNCTIONS, *FORMS, *time_functions(NOW), *AGGREGATES}
    assert implemented - {name.lower() for name in listed} == set()

"""A file is one concept: neither a scrap that belongs to its importer nor two concepts; a class name is one thing."""

import ast
from collections import defaultdict
from statistics import median

from tests.structure.modules import importers, modules

FEWEST_LINES = 45
MOST_LINES = 300
REASON = "A file of its own because"
"""How the top of a small file begins the sentence that says why it is not part of its only importer."""


def test_no_small_file_with_one_importer_stands_without_a_reason() -> None:
    commands = "forwarder.cli."
    scraps = [
        f"{module.name} ({module.lines} lines, imported by {', '.join(importers()[module.name])})"
        for module in modules().values()
        if module.lines < FEWEST_LINES and len(importers()[module.name]) == 1
        if not module.name.startswith(commands) and REASON not in " ".join(module.docstring.split())
    ]
    assert scraps == []


def test_no_file_has_room_for_two_concepts() -> None:
    assert {module.name: module.lines for module in modules().values() if module.lines > MOST_LINES} == {}


def test_a_file_is_about_as_long_as_what_one_reads_together() -> None:
    assert median(module.lines for module in modules().values()) >= 100


def test_a_class_name_stands_for_one_thing_in_the_package() -> None:
    found = defaultdict(list)
    for module in modules().values():
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef):
                found[node.name].append(module.name)
    assert {name: places for name, places in found.items() if len(places) > 1} == {}

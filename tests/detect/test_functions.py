"""The saved functions: one template for all streams, which adds the columns that a table lacks."""

import re
from pathlib import Path

import pytest

from forwarder.detect.functions import OF_STREAM, saved_functions
from forwarder.errors import Misconfigured

BODY = "// parameters: since:timespan=14d\n// Of `{stream}`.\n{table}\n| extend {absent: user, metadata}\n| take 1\n"


def test_the_function_of_a_stream_adds_only_the_columns_that_its_table_lacks(tmp_path: Path) -> None:
    (tmp_path / f"{OF_STREAM}.kql").write_text(BODY)
    (tmp_path / "ClaudeB.kql").write_text("// parameters:\nprint 1\n")
    functions = {name: (parameters, body) for name, parameters, body in saved_functions(tmp_path)}
    assert list(functions) == ["ClaudeActivity", "ClaudeAgent", "ClaudeB", "ClaudeContent", "ClaudeUsage"]
    assert functions["ClaudeB"] == ("", "print 1")
    assert functions["ClaudeActivity"] == ("since:timespan=14d", "// Of `activity`.\nClaudeActivity_CL\n| take 1")
    assert functions["ClaudeUsage"][1] == "// Of `usage`.\nClaudeUsage_CL\n| extend user = dynamic(null)\n| take 1"


def test_a_function_without_declared_parameters_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "ClaudeB.kql").write_text("print 1\n")
    with pytest.raises(Misconfigured, match=re.escape("detections/base/ClaudeB.kql: the first line must be")):
        saved_functions(tmp_path)

"""The functions that rules read from are one text for all streams, whole where a table has fewer columns."""

import re
from pathlib import Path

import pytest

from forwarder.detect.functions import OF_STREAM, saved_functions
from forwarder.errors import Misconfigured

BODY = "// parameters: since:timespan=14d\n// Of `{stream}`.\n{table}\n| extend {absent: user, metadata}\n| take 1\n"


def test_a_function_a_stream_makes_the_columns_that_its_table_lacks_and_no_other(tmp_path: Path) -> None:
    (tmp_path / f"{OF_STREAM}.kql").write_text(BODY)
    (tmp_path / "ClaudeB.kql").write_text("// parameters:\nprint 1\n")
    made = {name: (parameters, body) for name, parameters, body in saved_functions(tmp_path)}
    assert list(made) == ["ClaudeActivity", "ClaudeAgent", "ClaudeB", "ClaudeContent", "ClaudeUsage"]
    assert made["ClaudeB"] == ("", "print 1")
    assert made["ClaudeActivity"] == ("since:timespan=14d", "// Of `activity`.\nClaudeActivity_CL\n| take 1")
    assert made["ClaudeUsage"][1] == "// Of `usage`.\nClaudeUsage_CL\n| extend user = dynamic(null)\n| take 1"


def test_a_function_that_does_not_say_what_it_takes_is_named(tmp_path: Path) -> None:
    (tmp_path / "ClaudeB.kql").write_text("print 1\n")
    with pytest.raises(Misconfigured, match=re.escape("detections/base/ClaudeB.kql: the first line must be")):
        saved_functions(tmp_path)

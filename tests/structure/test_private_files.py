"""Whatever the package writes is private, because one module makes files and folders."""

import ast
from collections.abc import Iterator

from tests.structure.modules import PACKAGE

ALLOWED = {"private_files.py", "status/streams.py"}
"""The second opens `/dev/null`, which is there."""
MAKES = {"write_text", "write_bytes", "mkdir", "makedirs", "touch", "mknod", "copy", "copyfile", "copy2", "copytree"}
"""Methods and functions that make a file or folder with the mode that the umask leaves."""


def _makes_files(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        text = ast.unparse(node)
        if "os.devnull" in text:
            continue
        if name in MAKES and (name != "copy" or text.startswith("shutil")):
            yield text
        if name == "open" and _opens_for_writing(node):
            yield text


def _opens_for_writing(call: ast.Call) -> bool:
    """A mode that makes files, or `os.open` with flags that do."""
    text = ast.unparse(call)
    if text.startswith("os.open"):
        return "O_CREAT" in text or "O_WRONLY" in text or "O_RDWR" in text
    first = 0 if isinstance(call.func, ast.Attribute) else 1
    given = [*call.args[first : first + 1], *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
    modes = [argument.value for argument in given if isinstance(argument, ast.Constant)]
    return any(isinstance(mode, str) and set(mode) & set("wax+") and len(mode) <= 3 for mode in modes)


def test_only_one_module_makes_files_and_folders() -> None:
    found = {
        f"{path.relative_to(PACKAGE)}: {text}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if str(path.relative_to(PACKAGE)) not in ALLOWED
        for text in _makes_files(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found == set()


def test_the_search_finds_what_it_is_for() -> None:
    ways = (
        'path.open("w")',
        'open(path, "ab")',
        'path.open(mode="r+b")',
        "path.write_text(text)",
        "folder.mkdir(parents=True)",
        "os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)",
        "shutil.copy(here, there)",
    )
    assert [way for way in ways if not list(_makes_files(ast.parse(way)))] == []
    reads = ('path.open("rb")', "open(path)", "path.open()", "headers.copy()", "os.open(folder, os.O_RDONLY)")
    assert [way for way in reads if list(_makes_files(ast.parse(way)))] == []

"""Any single change of an intact archive is found, with file and line."""

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.sinks.archive import verify
from forwarder.sinks.archive.chain import chained, parsed
from tests.sinks.archives import built, edit, fault_text, read, write

PARTS = [f"2026-01-0{day}/part-000{part}.ndjson.gz" for day in (1, 2, 3) for part in (1, 2)]
LINES = 4
DAYS = ["2026-01-01", "2026-01-02", "2026-01-03"]
MANIFESTS = [f"{day}/manifest.json" for day in DAYS[:-1]]
Positions = tuple[str, int]
Copy = Callable[[], Path]

parts = st.sampled_from(PARTS)
positions = st.tuples(parts, st.integers(0, LINES - 1))


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """Makes a fresh copy of an intact archive, in place of the last one."""
    original = tmp_path_factory.mktemp("archive") / "original"
    built(original)
    assert sorted(str(part.relative_to(original)) for part in original.glob("*/part-*")) == PARTS
    fresh = original.with_name("copy")

    def made() -> Path:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(original, fresh)
        return fresh

    return made


def number(part: str, index: int) -> int:
    """The sequence number of a line."""
    return PARTS.index(part) * LINES + index + 1


def found(folder: Path, *named: str) -> None:
    """The archive is broken, and each of these is named."""
    report = verify(folder)
    text = fault_text(report)
    assert not report.intact
    for name in named:
        assert name in text, text


@given(where=positions, data=st.data())
def test_any_changed_byte_of_a_line_is_found(copy: Copy, where: Positions, data: st.DataObject) -> None:
    folder, (part, index) = copy(), where
    lines = read(folder / part)
    line = bytearray(lines[index])
    at = data.draw(st.integers(0, len(line) - 1))
    line[at] = data.draw(st.integers(0, 255).filter(lambda byte: byte != line[at]))
    write(folder / part, [*lines[:index], bytes(line), *lines[index + 1 :]])
    found(folder, f"{part} line {index + 1}")


@given(where=positions)
def test_any_removed_line_is_found(copy: Copy, where: Positions) -> None:
    folder, (part, index) = copy(), where
    lines = read(folder / part)
    write(folder / part, lines[:index] + lines[index + 1 :])
    found(folder, part, f"seq {number(part, index)}")


@given(source=positions, target=positions)
def test_any_duplicated_line_is_found(copy: Copy, source: Positions, target: Positions) -> None:
    folder, (part, index) = copy(), target
    twice = read(folder / source[0])[source[1]]
    lines = read(folder / part)
    write(folder / part, [*lines[: index + 1], twice, *lines[index + 1 :]])
    found(folder, f"{part} line {index + 2}")


@given(one=positions, other=positions)
def test_any_two_swapped_lines_are_found(copy: Copy, one: Positions, other: Positions) -> None:
    if one == other:
        return
    folder, (first, second) = copy(), sorted((one, other))
    texts = {place: read(folder / place[0])[place[1]] for place in (first, second)}
    for place, text in ((first, texts[second]), (second, texts[first])):
        lines = read(folder / place[0])
        write(folder / place[0], [*lines[: place[1]], text, *lines[place[1] + 1 :]])
    found(folder, f"{first[0]} line {first[1] + 1}", f"{second[0]} line {second[1] + 1}")


@given(part=parts, before=st.integers(0, LINES), text=st.one_of(st.binary(), st.just(b'{"event":{}}')))
def test_any_inserted_line_is_found(copy: Copy, part: str, before: int, text: bytes) -> None:
    folder = copy()
    lines = read(folder / part)
    write(folder / part, [*lines[:before], text.replace(b"\n", b" "), *lines[before:]])
    found(folder, f"{part} line {before + 1}")


def forged(raw: bytes, event: bytes, ahead: int = 0) -> bytes:
    """A line with this event and a hash that fits: in the place of `raw`, or as the next one."""
    line = parsed(raw)
    assert line
    prev = line.hash if ahead else line.prev
    (made,), _, _ = chained([event], line.seq - 1 + ahead, prev)
    return made.rstrip()


@given(where=positions)
def test_any_forged_line_with_a_valid_hash_is_found(copy: Copy, where: Positions) -> None:
    folder, (part, index) = copy(), where
    lines = read(folder / part)
    write(folder / part, [*lines[:index], forged(lines[index], b'{"forged":1}'), *lines[index + 1 :]])
    found(folder, f"{part} line {index + 1}")


@given(where=positions)
def test_any_inserted_line_with_a_valid_hash_is_found(copy: Copy, where: Positions) -> None:
    folder, (part, index) = copy(), where
    lines = read(folder / part)
    write(folder / part, [*lines[: index + 1], forged(lines[index], b'{"forged":1}', 1), *lines[index + 1 :]])
    report = verify(folder)
    if where == (PARTS[-1], LINES - 1):  # behind the head, where only a write in progress can be: noted, not counted
        assert report.notes[0].startswith("seq 25 to 25 are behind head.json")
        assert report.lines == LINES * len(PARTS)
    else:
        assert f"{part} line {index + 2}" in fault_text(report)


@given(part=parts, data=st.data())
def test_any_truncated_part_is_found(copy: Copy, part: str, data: st.DataObject) -> None:
    folder = copy()
    whole = (folder / part).read_bytes()
    (folder / part).write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    found(folder, part)


@given(part=parts, data=st.data())
def test_any_changed_byte_of_a_file_is_found_unless_every_line_is_unchanged(
    copy: Copy, part: str, data: st.DataObject
) -> None:
    folder = copy()
    lines = read(folder / part)
    packed = bytearray((folder / part).read_bytes())
    packed[data.draw(st.integers(0, len(packed) - 1))] ^= data.draw(st.integers(1, 255))
    (folder / part).write_bytes(packed)
    if verify(folder).intact:
        assert read(folder / part) == lines
    else:
        found(folder, part)


@given(part=parts)
def test_any_removed_part_is_found(copy: Copy, part: str) -> None:
    folder = copy()
    (folder / part).unlink()
    found(folder, f"{part}: is missing")


@given(part=parts, name=st.sampled_from(["part-0003.ndjson.gz", "part-0009.ndjson.gz", "part-1.ndjson.gz", "part.gz"]))
def test_any_renamed_part_is_found(copy: Copy, part: str, name: str) -> None:
    folder = copy()
    (folder / part).rename((folder / part).with_name(name))
    found(folder, f"{part}: is missing")


@given(part=parts, day=st.sampled_from(DAYS), name=st.sampled_from(["part-0003.ndjson.gz", "part-01.ndjson.gz"]))
def test_any_added_part_is_found(copy: Copy, part: str, day: str, name: str) -> None:
    folder = copy()
    shutil.copy(folder / part, folder / day / name)
    found(folder, f"{day}/{name}")


@given(one=parts, other=parts)
def test_any_two_swapped_parts_are_found(copy: Copy, one: str, other: str) -> None:
    if one == other:
        return
    folder = copy()
    spare = folder / "spare"
    (folder / one).rename(spare)
    (folder / other).rename(folder / one)
    spare.rename(folder / other)
    found(folder, f"{one} line 1", f"{other} line 1")


@given(day=st.sampled_from(DAYS))
def test_any_removed_day_is_found(copy: Copy, day: str) -> None:
    folder = copy()
    shutil.rmtree(folder / day)
    first = number(f"{day}/part-0001.ndjson.gz", 0)
    gap = f"seq {first} to {first + 7} are missing between"
    found(folder, gap if day != DAYS[-1] else f"head.json, seq {first + 7}: was written last")


@given(day=st.sampled_from(DAYS), name=st.sampled_from(["2025-12-31", "2026-01-05", "2026-01-01.old"]))
def test_any_renamed_day_is_found(copy: Copy, day: str, name: str) -> None:
    folder = copy()
    (folder / day).rename(folder / name)
    if day == DAYS[-1]:
        found(folder, "head.json")
    elif name.endswith(".old"):
        found(folder, "are missing between")
    else:
        found(folder, f"{name}/manifest.json: day is '{day}'")


def another(value: Any) -> st.SearchStrategy[Any]:
    """Any other value of the same type."""
    same: st.SearchStrategy[Any] = st.integers(-(2**62), 2**62) if isinstance(value, int) else st.text(max_size=70)
    return st.one_of(same, st.none()).filter(lambda new: new != value)


@given(
    manifest=st.sampled_from(MANIFESTS), key=st.sampled_from(["day", "lines", "parts", "seq", "hash"]), data=st.data()
)
def test_any_edited_value_of_a_manifest_is_found(copy: Copy, manifest: str, key: str, data: st.DataObject) -> None:
    folder = copy()
    old = json.loads((folder / manifest).read_text())[key]
    edit(folder / manifest, **{key: data.draw(another(old))})
    found(folder, manifest)


@given(key=st.sampled_from(["day", "part", "seq", "hash", "day_lines"]), data=st.data())
def test_any_edited_position_in_the_head_is_found(copy: Copy, key: str, data: st.DataObject) -> None:
    folder = copy()
    old = json.loads((folder / "head.json").read_text())[key]
    edit(folder / "head.json", **{key: data.draw(another(old))})
    found(folder, "head.json")


@given(file=st.sampled_from(["head.json", *MANIFESTS]), data=st.data())
def test_any_truncated_or_removed_record_is_found(copy: Copy, file: str, data: st.DataObject) -> None:
    folder = copy()
    whole = (folder / file).read_bytes()
    (folder / file).write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    found(folder, f"{file}: is damaged")
    (folder / file).unlink()
    found(folder, f"{file}: is missing")


@given(part=parts, level=st.integers(0, 9), members=st.integers(1, LINES + 1))
def test_a_part_with_unchanged_lines_is_intact_however_it_is_compressed(
    copy: Copy, part: str, level: int, members: int
) -> None:
    folder = copy()
    lines = gzip.decompress((folder / part).read_bytes()).splitlines(keepends=True)
    pieces = [*lines[: members - 1], b"".join(lines[members - 1 :])]
    (folder / part).write_bytes(b"".join(gzip.compress(piece, level) for piece in pieces))
    assert read(folder / part) == [line.rstrip() for line in lines]
    assert verify(folder).intact

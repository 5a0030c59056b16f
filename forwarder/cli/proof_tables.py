"""What `claude-siem splunk|sentinel verify` found, for people and for machines."""

from collections.abc import Iterator
from typing import Any

from forwarder.siem.proofs import Proof, Report

_HEAD = ("rule", "parsed", "run", "agreed", "disagreed", "unproven", "skipped")
_ROW = "{:<46} {:>6} {:>5} {:>7} {:>10} {:>9} {:>8}"


def lines_of(report: Report) -> Iterator[str]:
    """A line a rule, below it what is wrong with it, at the end the sums."""
    yield _ROW.format(*_HEAD)
    for proof in report.proofs:
        yield _ROW.format(*_figures(proof).values())
        if proof.fault:
            yield f"    not parsed: {proof.fault}"
        yield from (f"    {one.outcome} {one.story}: {one.text}" for one in proof.stories if one.outcome != "agreed")
    yield from (f"note: {note}" for note in report.notes)
    if any(proof.skipped for proof in report.proofs):
        yield "skipped: stories that need a lookup filled in; yours are not touched"
    yield _verdict(report)


def summary_of(report: Report) -> dict[str, Any]:
    """The same as one object."""
    rules = [
        {
            **_figures(proof),
            "parsed": not proof.fault,
            "fault": proof.fault,
            "stories": [o._asdict() for o in proof.stories],
        }
        for proof in report.proofs
    ]
    return {"ok": report.good, "run": report.run, "place": report.place, "rules": rules, "notes": report.notes}


def _figures(proof: Proof) -> dict[str, Any]:
    told = (
        proof.rule,
        "no" if proof.fault else "yes",
        len(proof.stories),
        proof.count("agreed"),
        proof.count("disagreed"),
        proof.count("unproven"),
        proof.skipped,
    )
    return dict(zip(_HEAD, told, strict=True))


def _verdict(report: Report) -> str:
    good = sum(proof.good for proof in report.proofs)
    stories = sum(len(proof.stories) for proof in report.proofs)
    agreed = sum(proof.count("agreed") for proof in report.proofs)
    return (
        f"{good} of {len(report.proofs)} rules proven, {agreed} of {stories} stories agreed; "
        f"the events are in {report.place}, run {report.run}"
    )

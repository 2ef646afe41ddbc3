"""What the driver makes of outcomes: which names it takes, when it is content, and that it says so by its status."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.mutating import __main__ as driver
from tests.mutating.__main__ import TriedMutant, certain, judge, limit, mutants_of, read_equivalents
from tests.mutating.mutants import NOWHERE, Mutant
from tests.mutating.targets import TARGETS, Target
from tests.mutating.trying import CRASHED, INTERRUPTED, ROOT, TOO_LONG, UNREACHABLE

GATE = Target("gate", ("app.messages.gate",), ("tests/messages/test_gate.py",))
Equivalents = dict[tuple[str, str, str, str], str]


def outcome(number: int, status: int, module: str = "app.messages.gate") -> TriedMutant:
    return TriedMutant(module, Mutant("decide", number, f"x = {number}", f"x = {number + 1}", NOWHERE), status)


def of(killed: int, alive: int) -> list[TriedMutant]:
    """So many mutants killed, and so many that live."""
    return [outcome(number, int(number < killed)) for number in range(killed + alive)]


@pytest.mark.parametrize(
    ("killed", "alive", "excused", "good"),
    [
        (100, 0, 0, True),
        (95, 5, 0, True),
        (94, 6, 0, False),
        (94, 6, 1, False),  # 94 of 99
        (94, 6, 2, True),  # 94 of 98
        (19, 1, 0, True),
        (18, 1, 0, False),
        (0, 1, 0, False),
        (0, 0, 0, False),  # no mutant, no proof
        (0, 3, 3, False),
    ],
)
def test_a_target_is_good_when_of_its_mutants_19_in_20_are_killed(
    killed: int, alive: int, excused: int, good: bool
) -> None:
    tried = of(killed, alive)
    equivalents = {each.key: "why" for each in tried[killed : killed + excused]}
    assert judge(GATE, tried, equivalents) is good


@pytest.mark.parametrize(
    ("stale", "good"),
    [
        ([outcome(1, 1)], False),  # it was killed
        ([outcome(999, 0)], False),  # it is not there
        ([outcome(1, 1, module="app.schedule.calendar")], True),  # of another target
        ([], True),
    ],
)
def test_the_list_of_equivalents_names_survivors_alone(stale: list[TriedMutant], good: bool) -> None:
    assert judge(GATE, of(100, 0), {each.key: "why" for each in stale}) is good


def test_a_target_is_printed_with_its_survivors_and_its_loops(capsys: pytest.CaptureFixture[str]) -> None:
    judge(GATE, [outcome(1, 1), outcome(2, TOO_LONG), outcome(3, 2), outcome(40, 0)], {})
    first, *survivor = capsys.readouterr().out.splitlines()
    assert " ".join(first.split()) == "gate 4 mutants 1 survive 75.0% killed (1 by the clock)"
    assert [line.strip() for line in survivor] == ["app/messages/gate.py:40 in decide", "x = 40", "-> x = 41"]


@pytest.mark.parametrize(("status", "killed"), [(0, False), (1, True), (2, True), (TOO_LONG, True)])
def test_a_mutant_is_killed_by_a_failed_test_by_its_import_and_by_a_loop(status: int, killed: bool) -> None:
    assert certain(outcome(1, status)).killed is killed


@pytest.mark.parametrize("status", [3, 4, 5, INTERRUPTED, UNREACHABLE, CRASHED, -1, -9])
def test_any_other_end_of_the_tests_ends_the_run(status: int) -> None:
    with pytest.raises(SystemExit, match=f"neither killed nor alive, but ended with status {status}:"):
        certain(outcome(1, status))


@pytest.mark.parametrize("sound", [0.0, 0.4, 3.0, 60.0])
def test_a_loop_takes_more_than_ten_times_as_long_as_the_sound_tests(sound: float) -> None:
    assert sound < limit(sound) / 10


@pytest.fixture
def stubbed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two targets: of `good` every mutant is killed, of `bad` none; no database, and nothing is run."""

    def outcomes(target: Target) -> Iterator[TriedMutant]:
        yield outcome(1, int(target.name == "good"))

    monkeypatch.setattr(driver, "TARGETS", (replace(GATE, name="good"), replace(GATE, name="bad")))
    monkeypatch.setattr(driver, "outcomes", outcomes)
    monkeypatch.setattr(driver, "prepare_databases", lambda: None)
    monkeypatch.setattr(driver, "read_equivalents", dict)


@pytest.mark.parametrize(
    ("which", "status", "tried"),
    [
        (["good"], 0, ["good"]),
        (["bad"], 1, ["bad"]),
        (["bad", "good"], 1, ["good", "bad"]),
        ([], 1, ["good", "bad"]),
    ],
)
@pytest.mark.usefixtures("stubbed")
def test_the_status_says_whether_every_target_was_good(
    which: list[str],
    status: int,
    tried: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["mutating", *which])
    assert driver.main() == status
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines() if " mutants " in line] == tried


@pytest.mark.parametrize("which", [["gaet"], ["good", "gaet"], ["GOOD"], [""], ["good "]])
@pytest.mark.usefixtures("stubbed")
def test_a_name_that_is_no_target_is_refused(which: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["mutating", *which])
    with pytest.raises(SystemExit, match=r"^Not a target: .*They are: good, bad\.$"):
        driver.main()


def fails(_: object, __: object, worker: str, *___: object) -> int:
    return int(worker == "mutating1")


def test_tests_that_fail_on_the_second_worker_without_a_mistake_end_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "load_libraries", lambda *_: 0)
    monkeypatch.setattr(driver, "try_modules", fails)
    with pytest.raises(SystemExit, match="the tests of gate fail on mutating1 with sound modules"):
        driver.sound_seconds(GATE)


def test_tests_that_fail_as_they_stand_end_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "load_libraries", lambda *_: 5)
    with pytest.raises(SystemExit, match=r"the tests of gate fail without a mistake \(status 5\)"):
        driver.sound_seconds(GATE)


LISTED = """
app.messages.gate:
- {where: decide, before: a, after: b, why: nobody sees it}
- {where: decide, before: a, after: c, why: nor this}
app.schedule.calendar:
- {where: instant, before: a, after: b, why: the same}
"""


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", {}),
        (
            LISTED,
            {
                ("app.messages.gate", "decide", "a", "b"): "nobody sees it",
                ("app.messages.gate", "decide", "a", "c"): "nor this",
                ("app.schedule.calendar", "instant", "a", "b"): "the same",
            },
        ),
    ],
)
def test_equivalents_are_read_by_module_and_place(
    content: str, expected: Equivalents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = tmp_path / "equivalent.yaml"
    listed.write_text(content, "utf-8")
    monkeypatch.setattr(driver, "EQUIVALENT", listed)
    assert read_equivalents() == expected


def names_in(module: str) -> set[str]:
    """What a module defines: its functions, classes and constants, and those of its classes."""
    nodes = list(ast.walk(mutants_of(module, ())[0]))
    defined = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    return defined | {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_what_a_target_names_is_there(target: Target) -> None:
    assert [path for path in target.tests if not (ROOT / path).exists()] == []
    assert set(target.only) - set().union(*map(names_in, target.modules)) == set()
    assert all(mutants_of(module, target.only)[1] for module in target.modules), "a module of which nothing is tried"


def test_every_equivalent_is_of_a_target_and_says_why() -> None:
    listed = read_equivalents()
    assert {key[0] for key in listed} <= {module for target in TARGETS for module in target.modules}
    assert all(why.endswith(".") for why in listed.values())

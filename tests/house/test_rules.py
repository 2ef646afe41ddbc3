"""The house rules hold for every module, and each rule would notice."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.house import rules
from tests.house.rules import RULES, Module, Rule

ROOT = Path(__file__).parents[2]
MODULES, TESTS = rules.modules(ROOT), rules.modules(ROOT, "tests")
OF_TESTS = (
    rules.modules_are_short,
    rules.functions_are_short,
    rules.modules_say_what_they_are,
    rules.closed_sets_are_str_enums,
    rules.locals_say_what_they_are,
)
"""What tests are held to as well."""
VERB, CHANNEL, PURE = "app/schedule/planning.py", "app/web/desk/today.py", "app/schedule/calendar.py"
TEST = "tests/schedule/test_calendar.py"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps_the_rule(rule: Rule) -> None:
    assert [f"{module.path}: {broken}" for module in MODULES for broken in rule(module)] == []


@pytest.mark.parametrize("rule", OF_TESTS, ids=lambda rule: rule.__name__)
def test_so_do_the_tests(rule: Rule) -> None:
    assert TEST in [module.path for module in TESTS]
    assert [f"{module.path}: {broken}" for module in TESTS for broken in rule(module)] == []


def test_every_rule_has_been_seen_to_notice() -> None:
    assert {case[0] for case in BROKEN} == set(RULES)


def _lines(count: int) -> str:
    return "x = 1\n" * count


def _function(count: int) -> str:
    """A function of so many lines."""
    return "def long():\n" + "    x = 1\n" * (count - 1)


BROKEN: Sequence[tuple[Rule, str, str, list[str]]] = [
    (rules.modules_are_short, PURE, _lines(301), ["301 lines"]),
    (rules.modules_are_short, TEST, _lines(301), ["301 lines"]),
    (rules.functions_are_short, PURE, _function(41), ["long: 41 lines"]),
    (rules.functions_are_short, TEST, _function(41), ["long: 41 lines"]),
    (
        rules.functions_are_short,
        PURE,
        "class A:\n" + _function(41).replace("\n", "\n ")[:-1].replace("def", " def"),
        ["long: 41 lines"],
    ),
    (rules.modules_are_named_for_a_job, "app/web/utils.py", "", ["utils"]),
    (rules.modules_are_named_for_a_job, "app/helpers/dates.py", "", ["helpers"]),
    (rules.modules_say_what_they_are, PURE, "x = 1\n", ["no docstring"]),
    (rules.public_functions_promise, PURE, "def instant(): ...", ["instant: no docstring"]),
    (rules.public_functions_promise, PURE, "def score(): ...", ["score: no docstring"]),
    (rules.public_functions_promise, PURE, "def score():\n  'The whole score.'", ["score: says too little"]),
    (rules.public_functions_promise, "app/instruments/scoring/odi.py", "def instant(): ...", ["instant: no docstring"]),
    (rules.only_channels_read_the_clock, VERB, "from app.core.time import now\nat = now()", ["line 2: now()"]),
    (rules.only_channels_read_the_clock, VERB, "on = date.today()", ["line 1: date.today()"]),
    (rules.only_channels_read_the_clock, PURE, "datetime.now(UTC)", ["line 1: datetime.now(UTC)"]),
    (rules.verbs_do_not_commit, VERB, "db.session.commit()", ["line 1: db.session.commit()"]),
    (rules.verbs_do_not_commit, VERB, "session.rollback()", ["line 1: session.rollback()"]),
    (rules.verbs_do_not_commit, VERB, "with transaction():\n  plan()", ["line 1: transaction()"]),
    (rules.tables_are_in_models, VERB, "class Plan(Base): ...", ["Plan"]),
    (rules.closed_sets_are_str_enums, VERB, "class Kind(Enum): ...", ["Kind"]),
    (rules.closed_sets_are_str_enums, VERB, "class Kind(str, enum.Enum): ...", ["Kind"]),
    (rules.values_are_frozen, VERB, "@dataclass\nclass Window: ...", ["Window"]),
    (rules.values_are_frozen, VERB, "@dataclasses.dataclass(slots=True)\nclass Window: ...", ["Window"]),
    (rules.heavy_libraries_wait, VERB, "import pandas as pd", ["line 1: pandas"]),
    (rules.heavy_libraries_wait, CHANNEL, "from matplotlib.figure import Figure", ["line 1: matplotlib.figure"]),
    (rules.heavy_libraries_wait, CHANNEL, "from app.analysis.report import analyse", ["line 1: app.analysis.report"]),
    (rules.rows_are_held_without_their_key, VERB, "q.with_for_update(of=A)", ["line 1: q.with_for_update(of=A)"]),
    (rules.a_limit_has_an_order, VERB, "def first(q) -> A:\n  return q.limit(1)", ["line 2: first"]),
    (rules.constants_say_of_what, VERB, "x = 1\nLONGEST = 200", ["line 2: LONGEST"]),
    (rules.locals_say_what_they_are, VERB, "def f():\n  found = 1", ["line 2: found"]),
    (rules.locals_say_what_they_are, PURE, "names = [one.name for one in rows]", ["line 1: one"]),
    (rules.locals_say_what_they_are, CHANNEL, "def view(told: str): ...", ["line 1: told"]),
    (rules.locals_say_what_they_are, CHANNEL, "def view(known): ...", ["line 1: known"]),
    (rules.locals_say_what_they_are, TEST, "def test_it():\n  found = plan()\n  assert found == []", ["line 2: found"]),
    (rules.locals_say_what_they_are, TEST, "def test_it(asked: str): ...", ["line 1: asked"]),
    (rules.locals_say_what_they_are, TEST, "def test_it():\n  def told(): ...", ["line 2: told"]),
    (rules.constants_say_of_what, PURE, "KEPT: int = 90", ["line 1: KEPT"]),
    (
        rules.rows_are_held_without_their_key,
        VERB,
        "refresh(a, with_for_update=True)",
        ["line 1: refresh(a, with_for_update=True)"],
    ),
]


@pytest.mark.parametrize(("rule", "path", "text", "sentence"), BROKEN)
def test_a_rule_notices_what_breaks_it(rule: Rule, path: str, text: str, sentence: list[str]) -> None:
    assert list(rule(Module(path, text))) == sentence


KEPT: Sequence[tuple[Rule, str, str]] = [
    (rules.modules_are_short, PURE, _lines(300)),
    (rules.functions_are_short, PURE, _function(40)),
    (rules.modules_say_what_they_are, "app/web/__init__.py", ""),
    (rules.public_functions_promise, PURE, "def _instant(): ..."),
    (rules.public_functions_promise, PURE, "def score():\n  'The score of it.'"),
    (rules.public_functions_promise, "app/instruments/scoring/odi.py", "def score(): ..."),
    (rules.only_channels_read_the_clock, CHANNEL, "at = now()"),
    (rules.only_channels_read_the_clock, "app/core/time.py", "datetime.now(UTC)"),
    (rules.only_channels_read_the_clock, VERB, "def plan(now): return now + DAY"),
    (rules.verbs_do_not_commit, CHANNEL, "with transaction():\n  plan()"),
    (rules.verbs_do_not_commit, "app/messages/sending/delivery.py", "with transaction():\n  claim()"),
    (rules.tables_are_in_models, "app/schedule/models.py", "class Assessment(Base): ..."),
    (rules.closed_sets_are_str_enums, VERB, "class Kind(StrEnum): ..."),
    (rules.values_are_frozen, VERB, "@dataclass(frozen=True)\nclass Window: ..."),
    (rules.values_are_frozen, VERB, "@dataclass\nclass _Walk: ..."),
    (rules.closed_sets_are_str_enums, VERB, "class Urgency(IntEnum): ..."),
    (rules.heavy_libraries_wait, VERB, "def write():\n  import pandas"),
    (rules.heavy_libraries_wait, "app/analysis/models/mmrm.py", "import pandas"),
    (rules.a_limit_has_an_order, VERB, "def first(q) -> A:\n  return q.order_by(A.id).limit(1)"),
    (rules.locals_say_what_they_are, VERB, "def f(known: Known):\n  found_at = known.languages"),
    (rules.locals_say_what_they_are, TEST, "from app.exports.outcomes import asked\nassert asked(plan) == []"),
    (rules.constants_say_of_what, VERB, "LONGEST_FIELD = 200\ndef f():\n  MOST = 1"),
    (rules.a_limit_has_an_order, VERB, "def is_there(q) -> bool:\n  return q.limit(1) is not None"),
    (rules.rows_are_held_without_their_key, VERB, "q.with_for_update(key_share=True)"),
    (rules.rows_are_held_without_their_key, VERB, 'refresh(a, with_for_update={"key_share": True})'),
]


@pytest.mark.parametrize(("rule", "path", "text"), KEPT)
def test_a_rule_lets_stand_what_keeps_it(rule: Rule, path: str, text: str) -> None:
    assert list(rule(Module(path, text))) == []

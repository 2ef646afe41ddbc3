"""A rule stands in one place of the house: no function and no condition is written again elsewhere."""

from pathlib import Path

import pytest

from tests.house.rules import Module, modules
from tests.house.said_once import standing_twice

ROOT = Path(__file__).parents[2]
SITES = "from app.participants.models import Participant\nfrom app.studies.access import Scope\n"
LISTED = f"""{SITES}
def listed(scope: Scope) -> object:
    return Participant.study_id == scope.study.id, Participant.site_id.in_(scope.site_ids), scope.whole
"""
COUNTED = f"""{SITES}
def counted(within: Scope) -> object:
    'Of these sites.'
    return Participant.study_id == within.study.id, Participant.site_id.in_(within.site_ids), within.whole
"""
OTHER_TABLE = COUNTED.replace(
    "participants.models import Participant", "schedule.models import Assessment as Participant"
)
OWN_WORDS = (
    "HEAD = {head!r}\ndef script(tables):\n  return HEAD + ''.join(table.name + table.title for table in tables)\n"
)
ENDED = (
    "def {name}(person, now):\n  {first}\n  return {second}person.withdrawn_at is not None or person.ended_at <= now"
)
SHORT = "def is_over(end, now):\n  return end <= now"


def test_nothing_stands_twice() -> None:
    assert standing_twice(modules(ROOT)) == []


@pytest.mark.parametrize(
    ("first", "second", "twice"),
    [
        (LISTED, COUNTED, ["app/a.py: listed = app/b.py: counted"]),
        (LISTED, OTHER_TABLE, []),  # the same words of another table
        (OWN_WORDS.format(head="-- SQL"), OWN_WORDS.format(head="# R"), []),  # a name of each module's own
        (
            ENDED.format(name="is_over", first="log(now)", second="now and "),
            ENDED.format(name="waits", first="log(person)", second="now and "),
            ["app/a.py: line 3 = app/b.py: line 3"],
        ),
        (SHORT, SHORT, []),  # too little to be a rule
        ("def f(x: dict[str, tuple[int, ...]] | list[tuple[str, ...]]): ...",) * 2 + ([],),  # a type is none
    ],
)
def test_what_stands_twice_is_found(first: str, second: str, twice: list[str]) -> None:
    assert standing_twice([Module("app/a.py", first), Module("app/b.py", second)]) == twice


def test_twice_in_one_module_is_twice() -> None:
    body = LISTED + LISTED.replace("def listed", "def shown").replace(SITES, "")
    assert standing_twice([Module("app/a.py", body)]) == ["app/a.py: listed = app/a.py: shown"]

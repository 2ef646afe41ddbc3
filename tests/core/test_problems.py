"""Problems carry a status, a title and a sentence; errors are a copy that nobody else can change."""

import pytest

from app.core import problems
from app.core.problems import BadInput, Problem

EVERY = [kind for kind in vars(problems).values() if isinstance(kind, type) and issubclass(kind, Problem)]


@pytest.mark.parametrize("kind", EVERY)
def test_each_kind_has_a_status_of_its_own_family_and_a_title(kind: type[Problem]) -> None:
    problem = kind("What happened. What to do.")
    assert 400 <= problem.status < 600
    assert problem.title
    assert problem.title == problem.title.strip(".!")
    assert str(problem) == problem.detail == "What happened. What to do."


def test_no_two_kinds_share_a_status_except_the_plain_one() -> None:
    special = [kind.status for kind in EVERY if kind not in (Problem, BadInput)]
    assert len(set(special)) == len(special)
    assert 400 not in special


def test_errors_are_kept_as_they_were() -> None:
    given = {"phone": "missing"}
    problem = BadInput("Look again.", errors=given)
    given["phone"] = "changed"
    assert problem.errors == {"phone": "missing"}
    assert BadInput("Look again.").errors == {}


def test_a_time_to_come_back_is_optional() -> None:
    assert problems.TooMany("Wait.", retry_after=5).retry_after == 5
    assert problems.TooMany("Wait.").retry_after is None

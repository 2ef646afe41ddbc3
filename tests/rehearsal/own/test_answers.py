"""Made-up people answer any questionnaire soundly, the same from one seed, and worse when they are worse."""

from datetime import date

import pytest

from app.instruments import Instrument, instruments
from app.instruments.answering import check_answers
from app.rehearsal.own.answers import answers, severity
from tests.instruments.test_looking_back import FLARE
from tests.instruments.test_new_items import NIGHT
from tests.instruments.test_piping import ACHE
from tests.instruments.test_ranking import GOALS
from tests.instruments.test_rich_items import WHERE8
from tests.some import some

ON = date(2026, 3, 2)


@pytest.mark.parametrize("of", instruments(), ids=lambda each: each.code)
@pytest.mark.parametrize("state", [-4.0, -1.0, 0.0, 1.0, 4.0])
def test_every_questionnaire_is_answered_whole_and_by_its_own_rules(of: Instrument, state: float) -> None:
    for number in (1, 2, 3):
        given = answers([of], state, 1, number, "v1", ON)[of.code]
        checked = check_answers(of, given, ON)
        assert (checked.problems, checked.missing, checked.surplus) == ((), (), ())


@pytest.mark.parametrize("of", [NIGHT, GOALS, WHERE8, ACHE, FLARE], ids=lambda each: each.code)
@pytest.mark.parametrize("state", [-4.0, -1.0, 0.0, 1.0, 4.0])
def test_every_kind_of_item_of_a_site_s_own_is_answered_by_its_rules(of: Instrument, state: float) -> None:
    for number in range(1, 6):
        checked = check_answers(of, answers([of], state, 1, number, "v1", ON)[of.code], ON)
        assert (checked.problems, checked.surplus) == ((), ())
        assert checked.missing == () or of is NIGHT, "whose rule refuses one line of a list beside no pain"


def test_each_place_of_a_ranking_is_given_once_and_not_always_alike() -> None:
    places = [tuple(answers([GOALS], 0.0, 1, number, "v1", ON)["goals"].values()) for number in range(1, 9)]
    assert {tuple(sorted(map(int, each))) for each in places} == {(1, 2, 3)}
    assert len(set(places)) > 1


def test_the_same_person_says_the_same_again_and_another_one_something_else() -> None:
    all_of_them = some(instruments())
    first, again, other = (answers(all_of_them, 0.3, 1, number, "v1", ON) for number in (1, 1, 2))
    assert first == again != other


def test_who_is_worse_answers_higher() -> None:
    (odi,) = (each for each in instruments() if each.code == "odi")
    low, high = (sum(map(int, answers([odi], state, 1, 1, "v", ON)["odi"].values())) for state in (-1.5, 1.5))
    assert low < high


def test_an_arm_that_works_makes_its_people_better_in_time_and_not_before() -> None:
    def mean(day: int, effect: float) -> float:
        return sum(severity(1, number, f"v{day}", day, effect) for number in range(200)) / 200

    assert mean(0, -2.0) == mean(0, 0.0)
    assert mean(90, -2.0) == pytest.approx(mean(90, 0.0) - 2.0)
    assert mean(45, -2.0) == pytest.approx(mean(45, 0.0) - 1.0)
    assert mean(400, -2.0) == pytest.approx(mean(400, 0.0) - 2.0)

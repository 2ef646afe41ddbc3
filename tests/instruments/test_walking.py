"""Each way through a questionnaire is listed once, with answers that lead to it."""

import pytest

from app.instruments import check_answers, instrument, instruments
from app.instruments.model import Instrument
from app.instruments.walking import Way, ways
from tests.instruments.test_new_items import NIGHT
from tests.some import some


def test_a_questionnaire_without_branching_has_one_way() -> None:
    odi = instrument("odi")
    assert ways(odi) == [Way((), tuple(odi.by_code))]


def test_the_ways_of_sick_leave() -> None:
    decided = {way.items[1:]: dict(way.decided) for way in ways(instrument("sick_leave"))}
    assert decided == {
        (): {"employed": "0"},
        ("days", "on_leave"): {"employed": "1", "on_leave": "0"},
        ("days", "on_leave", "percent", "since"): {"employed": "1", "on_leave": "1"},
    }


def test_numbers_are_told_by_the_stretch_that_leads_there() -> None:
    always = ("slept", "pain")
    why = ("pain_why", "noise", "worry", "nothing")
    decided = {way.items: dict(way.decided) for way in ways(NIGHT)}
    assert decided[(*always, "bed", "asleep", "awake", *why)] == {"slept": "1", "pain": "7 to 8"}
    assert decided[(*always, "bed", "awake", *why)] == {"slept": "1", "pain": "9 to 10"}
    assert decided[(*always, "bed", "asleep", *why)] == {"slept": "1", "pain": "0 to 6"}
    assert decided[(*always, *why)] == {"slept": "not answered", "pain": "0 to 6"}
    assert decided[(*always, "bed", *why)] == {"slept": "1", "pain": "not answered"}


@pytest.mark.parametrize("questionnaire", instruments(), ids=lambda each: each.code)
def test_every_item_is_asked_on_some_way(questionnaire: Instrument) -> None:
    reached = {code for way in some(ways(questionnaire)) for code in way.items}
    assert reached == set(questionnaire.by_code)


@pytest.mark.parametrize("questionnaire", [*instruments(), NIGHT], ids=lambda each: each.code)
def test_what_a_way_asks_is_what_the_check_holds_to_be_asked(questionnaire: Instrument) -> None:
    for way in some(ways(questionnaire)):
        decided = {code: int(said.split(" ")[0]) for code, said in way.decided if said != "not answered"}
        missing = set(check_answers(questionnaire, decided).missing)
        assert missing <= set(way.items)

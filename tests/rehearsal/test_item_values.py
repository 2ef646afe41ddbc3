"""Every type of item, and every layout with a rule of its own, is answered in a rehearsal: soundly and whole."""

from dataclasses import replace
from datetime import date

import pytest

from app.instruments import Instrument, Item
from app.instruments.answering import check_answers
from app.instruments.folders import read_files
from app.instruments.model import ItemGroup, ItemType, Layout, Option
from app.rehearsal.item_values import agreeing, value_at
from app.rehearsal.own.answers import answers
from app.rehearsal.parameters import Parameters
from app.rehearsal.population import behaviour, cohort, items
from tests.instruments.test_new_items import NIGHT
from tests.instruments.test_ranking import GOALS
from tests.instruments.test_rich_items import WHERE8
from tests.some import some
from tests.web.desk.test_every_item_type import DEFINITION, WORDS

ON = date(2026, 3, 2)
EVERY = read_files("all", {"definition.yaml": DEFINITION, "wordings/en.yaml": f"language: en\n{WORDS}"}).instrument
OPTIONS = tuple(map(Option, (1, 2, 5)))
PLACES = [
    # an item, and what is answered at the near end of its scale, in its middle and at the far end
    (Item("a", ItemType.CHOICE, OPTIONS), (1, 2, 5)),
    (Item("a", ItemType.NRS, minimum=0, maximum=10), (0, 5, 10)),
    (Item("a", ItemType.NRS, minimum=-5, maximum=5), (-5, 0, 5)),
    (Item("a", ItemType.VAS, minimum=0, maximum=100), (0, 50, 100)),
    (Item("a", ItemType.YESNO), (0, 0, 1)),
    (Item("a", ItemType.TICKS), (0, 0, 1)),
    (Item("a", ItemType.NUMBER, minimum=0, maximum=8), (0, 2, 8)),  # counts lie low
    (Item("a", ItemType.NUMBER, minimum=3), (3, 5, 13)),  # of one without an end, ten
    (Item("a", ItemType.TIME), ("00:30", "12:30", "23:30")),
    (Item("a", ItemType.DURATION, minimum=0, maximum=600), (0, 300, 600)),
    (Item("a", ItemType.DURATION, minimum=30, maximum=90), (30, 60, 90)),
]


@pytest.mark.parametrize(("item", "given"), PLACES, ids=[f"{item.type} {given[0]}" for item, given in PLACES])
def test_a_place_on_the_scale_is_a_value_of_it(item: Item, given: tuple[int | str, ...]) -> None:
    assert tuple(value_at(item, at) for at in (0, 0.5, 1)) == given


@pytest.mark.parametrize("state", [-4.0, -1.0, 0.0, 1.0, 4.0])
@pytest.mark.parametrize("of", [EVERY, GOALS, WHERE8], ids=lambda each: each.code)
def test_every_type_is_answered_whole_in_a_rehearsal_of_one_s_own(of: Instrument, state: float) -> None:
    assert {item.type for item in EVERY.items} == set(ItemType)
    for number in range(1, 9):
        checked = check_answers(of, answers([of], state, 1, number, "v1", ON)[of.code], ON)
        assert (checked.problems, checked.missing, checked.surplus) == ((), (), ())


@pytest.mark.parametrize("of", [EVERY, GOALS, WHERE8], ids=lambda each: each.code)
def test_every_type_is_answered_whole_by_the_people_of_backtobasic(
    of: Instrument, parameters: Parameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(items, "instrument", lambda code: {of.code: of}[code])
    whole = [person for person in cohort(parameters) if behaviour(person, 154).kind != "partly"]
    for person in some(whole[:20]):
        checked = check_answers(of, items.answers(person, 154, [of.code])[of.code], ON)
        assert (checked.problems, checked.missing, checked.surplus) == ((), (), ())


BOXES = "abcd"
LEFT = {"a": 0.4, "b": -0.3, "c": 0.1, "d": -0.2, "none": 0.0}
"""Which line is dearer: b, then d, c and a."""
LISTS = [
    # at least, at most, whether there is "none of these", what she ticked, what is ticked in the end
    (None, None, False, "", ""),
    (None, None, False, "abcd", "abcd"),
    (None, 2, False, "abcd", "bd"),
    (None, 2, False, "ac", "ac"),
    (None, 3, False, "acd", "acd"),
    (2, None, False, "", "bd"),
    (2, None, False, "a", "ab"),
    (2, 3, False, "abcd", "bcd"),
    (1, 1, False, "ac", "c"),
    (4, None, False, "", "abcd"),
    (1, None, True, "", "none"),
    (2, None, True, "c", "bc"),
    (None, 1, True, "abcd", "b"),
    (None, None, True, "", "none"),
    (None, None, True, "d", "d"),
]


@pytest.mark.parametrize(("least", "most", "none", "hers", "ticked"), LISTS)
def test_a_list_is_ticked_within_its_limits(
    least: int | None, most: int | None, none: bool, hers: str, ticked: str
) -> None:
    lines = [Item(code, ItemType.TICKS, group="list") for code in BOXES]
    lines += [Item("none", ItemType.TICKS, group="list", exclusive=True)] if none else []
    group = ItemGroup("list", Layout.TICKS, least=least, most=most)
    of = replace(EVERY, code="list", items=tuple(lines), groups=(group,))
    given = agreeing(of, {line.code: int(line.code in hers) for line in lines}, LEFT, ON)
    assert set(given) == {line.code for line in lines}
    assert [code for code, value in given.items() if value] == (["none"] if ticked == "none" else sorted(ticked))


def test_what_a_rule_refuses_is_left_out() -> None:
    said = {"slept": 0, "pain": 0, "pain_why": 1, "noise": 1, "worry": 0, "nothing": 0}
    given = agreeing(NIGHT, said, dict.fromkeys(NIGHT.by_code, 0.0), ON)
    assert check_answers(NIGHT, given, ON).problems == ()
    assert set(said) - set(given) <= {"pain_why", "noise", "worry", "nothing"}
    assert len(given) < len(said)

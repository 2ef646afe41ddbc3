"""A data file that contradicts the format or itself is refused, with everything that is wrong."""

from datetime import date
from typing import Any

import pytest

from app.instruments.definition import read_definition
from app.instruments.folders import wording_of
from app.instruments.library import instrument
from app.instruments.problems import BadDefinition, BadWording


def definition(**changes: Any) -> dict[str, Any]:
    free = {"original_required": False, "note": "Ours."}
    return {
        "code": "mood",
        "version": "1",
        "items": [{"code": "mood", "type": "nrs", "minimum": 0, "maximum": 10}],
        "licence": {"holder": "Us", "terms": "Free.", "languages": {"en": free}, "other": free},
        **changes,
    }


def item(code: str, **parts: Any) -> dict[str, Any]:
    return {"code": code, "type": "nrs", "minimum": 0, "maximum": 10, **parts}


def dated(**parts: Any) -> dict[str, Any]:
    return {"code": "born", "type": "date", **parts}


def test_a_date_says_between_which_days_it_lies() -> None:
    item = read_definition(definition(items=[dated(earliest="2020-01-01", latest="+P6M")])).items[0]
    assert item.dates(date(2026, 5, 14)) == (date(2020, 1, 1), date(2026, 11, 14))
    assert read_definition(definition(items=[dated()])).items[0].dates(date(2026, 5, 14))[0] == date(1906, 5, 14)


def test_the_example_is_right() -> None:
    assert read_definition(definition()).items[0].maximum == 10


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"code": "Mood"}, "small letters"),
        ({"code": "mood\n"}, "small letters"),
        ({"code": "m" * 33}, "at most 32"),
        ({"version": "1" * 21}, "version"),
        ({"version": ""}, "version"),
        ({"items": []}, "items"),
        ({"items": [item("a", type="slider")]}, "items.0.type"),
        ({"items": [item("a", minimum=0.5)]}, "items.0.minimum: Not a valid integer"),
        ({"items": [item("a", colour="red")]}, "items.0.colour: Unknown field"),
        ({"items": [item("a"), item("a")]}, "item a: occurs 2 times"),
        ({"items": [{"code": "a", "type": "nrs", "minimum": 0}]}, "a: a nrs needs a minimum and a maximum"),
        ({"items": [{"code": "a", "type": "choice"}]}, "a: a choice needs options"),
        ({"items": [{"code": "a", "type": "choice", "scale": "nowhere"}]}, "a: a choice needs options"),
        ({"items": [{"code": "a", "type": "ticks"}]}, "a: a tick belongs to a group"),
        ({"items": [item("a", group="g")]}, "a: there is no group g"),
        ({"items": [item("a", when={"item": "b", "equals": 1}), item("b")]}, "b, which is not an earlier item"),
        ({"items": [item("a"), item("b", when={"item": "a"})]}, "b: say one of equals, above or below"),
        ({"items": [item("a"), item("b", when={"item": "a", "above": 1, "below": 3})]}, "b: say one of"),
        ({"items": [item("a", recall="two weeks")]}, "ISO 8601 duration"),
        ({"safety_items": [{"item": "b", "at_least": 1, "topic": "t"}]}, "safety item b: there is no such item"),
        ({"scores": [{"name": "mood"}, {"name": "mood"}]}, "score mood: occurs 2 times"),
        ({"licence": {"holder": "Us"}}, "licence.terms"),
        (
            {"items": [dated(earliest="2026-05-15", latest="2026-05-14")]},
            "born: its earliest day lies after its latest",
        ),
        ({"items": [dated(earliest="P0D", latest="-P1D")]}, "born: its earliest day lies after its latest"),
        ({"items": [dated(earliest="+P1D")]}, "born: its earliest day lies after its latest"),
        ({"items": [dated(latest="-P121Y")]}, "born: its earliest day lies after its latest"),
        ({"items": [dated(latest="today")]}, "items.0.latest: Give a day (2026-05-14), or how far"),
        ({"items": [dated(earliest="0020-01-01")]}, "items.0.earliest: Give a day"),
        ({"items": [dated(earliest=1906)]}, "items.0.earliest: Give a day"),
        ({"items": [dated(earliest=None)]}, "items.0.earliest"),
        ({"items": [dated(minimum=0)]}, "born: a date has earliest and latest, and no minimum"),
        ({"items": [dated(maximum=0)]}, "born: a date has earliest and latest, and no minimum"),
        ({"items": [dated(decimals=1)]}, "born: a date has earliest and latest, and no minimum"),
        ({"items": [item("a", earliest="P0D")]}, "a: earliest and latest are for a date; a nrs has none"),
        ({"items": [item("a", latest="P0D")]}, "a: earliest and latest are for a date; a nrs has none"),
    ],
    ids=range(35),
)
def test_what_is_wrong_is_named(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(BadDefinition) as error:
        read_definition(definition(**changes))
    assert said in str(error.value)


def test_the_longest_code_and_version_are_taken() -> None:
    longest = read_definition(definition(code="m" * 32, version="1" * 20))
    assert (longest.code, longest.version) == ("m" * 32, "1" * 20)


def test_everything_wrong_is_named_at_once() -> None:
    with pytest.raises(BadDefinition) as error:
        read_definition(definition(items=[item("a", group="g"), item("a")]))
    assert len(error.value.problems) == 2


def test_a_shipped_wording_that_is_not_text_is_refused() -> None:
    bare = instrument("nrs_leg")
    raw = {"language": "en", "version": "1", "demonstration": False, "source": "Ours", "title": True}
    with pytest.raises(BadWording, match="True is not a text"):
        wording_of(bare, raw)

"""The specification of each questionnaire as a table: how many items, of which kind, with which codes."""

from itertools import chain

import pytest

from app.instruments import Instrument, instrument, instruments
from app.instruments.model import ItemType
from tests.some import some

STRUCTURE = [  # code, version, items, kind of the first item, its lowest and highest code or bound, recall period
    ("background", "1", 31, "number", 18, 99, None),
    ("cointerventions", "1", 14, "ticks", 0, 1, "P4W"),
    ("eq5d5l", "5L", 6, "choice", 1, 5, "P0D"),
    ("fabq", "1993", 16, "nrs", 0, 6, None),
    ("gpe", "1", 1, "choice", 1, 7, None),
    ("hours_lbp", "1", 1, "number", 0, 672, "P4W"),
    ("hscl10", "10", 10, "choice", 1, 4, "P1W"),
    ("hscl25", "25", 25, "choice", 1, 4, "P1W"),
    ("medication", "1", 16, "ticks", 0, 1, "P4W"),
    ("nrs_lbp", "1", 3, "nrs", 0, 10, None),
    ("nrs_lbp_week", "1", 3, "nrs", 0, 10, None),
    ("nrs_leg", "1", 1, "nrs", 0, 10, "P1W"),
    ("odi", "2.0", 10, "choice", 0, 5, "P0D"),
    ("perceived_treatment", "1", 3, "choice", 1, 3, None),
    ("rand36", "1.0", 36, "choice", 1, 5, None),
    ("rmdq", "24", 25, "ticks", 0, 1, "P0D"),
    ("satisfaction", "1", 1, "choice", 1, 5, None),
    ("shc", "29", 29, "choice", 0, 3, "P30D"),
    ("sick_leave", "1", 5, "yesno", 0, 1, "P4W"),
    ("startback", "9", 9, "choice", 0, 1, "P2W"),
    ("wellbeing", "1", 1, "choice", 1, 5, "P0D"),
    ("wpai_shp", "2.0", 6, "yesno", 0, 1, "P7D"),
]

CDISC = [  # instrument, QSCAT, first and last QSTESTCD, first and last C-code (SDTM CT 2015-12-18)
    ("odi", "ODI V2.1A", "ODI0101", "ODI0110", "C103762", "C103771"),
    ("rmdq", "RDQ", "RDQ0101", "RDQ0124", "C100780", "C100803"),
    ("eq5d5l", "EQ-5D-5L", "EQ5D0201", "EQ5D0206", "C102067", "C102072"),
    ("rand36", "RAND-36 V1.0", "R360101", "R360136", "C114043", "C114078"),
    ("wpai_shp", "WPAI-SHP", "WPAI0101", "WPAI0106", "C100949", "C100954"),
    ("nrs_lbp", "PI", "PI0101", "PI0102", "C105261", "C105262"),
    ("nrs_leg", "PI", "PI0101", "PI0101", "C105261", "C105261"),
]

RAND36 = {  # levels of each answer and the items that have them, from RAND's own description of its questionnaire
    5: (1, 2, 20, 22, 32, 33, 34, 35, 36),
    3: range(3, 13),
    2: range(13, 20),
    6: (21, *range(23, 32)),
}

every_instrument = pytest.mark.parametrize("each", instruments(), ids=lambda each: each.code)


@pytest.mark.parametrize("row", STRUCTURE, ids=lambda row: row[0])
def test_structure(row: tuple[str, str, int, str, int, int, str | None]) -> None:
    code, version, n_items, kind, low, high, recall = row
    questionnaire = instrument(code)
    first = questionnaire.items[0]
    assert (questionnaire.version, len(questionnaire.items), first.type.value) == (version, n_items, kind)
    if first.options:
        assert (first.options[0].code, first.options[-1].code) == (low, high)
    elif kind not in ("yesno", "ticks"):
        assert (first.minimum, first.maximum) == (low, high)
    assert questionnaire.recall == recall


def test_the_table_is_complete() -> None:
    assert [row[0] for row in STRUCTURE] == [each.code for each in instruments()]


@pytest.mark.parametrize("row", CDISC, ids=lambda row: row[0])
def test_cdisc_terms(row: tuple[str, ...]) -> None:
    code, qscat, first, last, first_c, last_c = row
    questionnaire = instrument(code)
    assert questionnaire.cdisc is not None
    assert questionnaire.cdisc.qscat == qscat
    terms = [item.cdisc for item in questionnaire.items if item.cdisc]
    assert (terms[0].testcd, terms[-1].testcd) == (first, last)
    assert (terms[0].c_code, terms[-1].c_code) == (first_c, last_c)


@every_instrument
def test_cdisc_terms_are_not_used_twice(each: Instrument) -> None:
    terms = [item.cdisc for item in each.items if item.cdisc] + [score.cdisc for score in each.scores if score.cdisc]
    assert len({term.testcd for term in terms}) == len({term.c_code for term in terms}) == len(terms)


def test_the_roland_morris_total_has_its_own_term() -> None:
    total = instrument("rmdq").scores[0].cdisc
    assert total is not None
    assert (total.testcd, total.c_code) == ("RDQ0125", "C100804")


def test_pain_terms_say_where_it_hurts() -> None:
    places = {each.code: each.cdisc.qsscat for each in instruments() if each.cdisc and each.cdisc.qscat == "PI"}
    assert places == {"nrs_lbp": "LOW BACK PAIN", "nrs_lbp_week": "LOW BACK PAIN", "nrs_leg": "LEG PAIN"}


def test_weekly_pain_differs_from_the_two_week_form_in_its_recall_only() -> None:
    weekly, fortnightly = instrument("nrs_lbp_week"), instrument("nrs_lbp")
    assert [item.code for item in weekly.items] == [item.code for item in fortnightly.items]
    assert [item.recall for item in weekly.items] == ["P0D", "P1W", "P1W"]
    assert [item.recall for item in fortnightly.items] == ["P0D", "P2W", "P2W"]


def test_rand36_items_have_the_published_number_of_answers() -> None:
    levels = {number: count for count, numbers in RAND36.items() for number in numbers}
    for number, item in some(enumerate(instrument("rand36").items, start=1)):
        assert [option.code for option in item.options] == list(range(1, levels[number] + 1))


def test_only_sex_life_may_be_left_out_of_the_oswestry_index() -> None:
    assert [item.code for item in instrument("odi").items if not item.required] == ["sex_life"]


@pytest.mark.parametrize("each", [each for each in instruments() if each.groups], ids=lambda each: each.code)
def test_a_list_of_ticks_has_one_way_to_say_none(each: Instrument) -> None:
    for group in some(each.groups):
        items = each.in_group(group.code)
        ticks = [item for item in items if item.type is ItemType.TICKS]
        assert len({item.type is ItemType.TICKS for item in items}) == 1
        assert len([item for item in ticks if item.exclusive]) == (group.layout == "ticks")


def test_free_text_is_never_required() -> None:
    texts = some(item for each in instruments() for item in each.items if item.type is ItemType.TEXT)
    assert [item.code for item in texts if item.required] == []


@every_instrument
def test_words_of_one_language_hold_no_signs_of_data_entry(each: Instrument) -> None:
    texts = chain.from_iterable(each.wording(language).strings for language in each.languages)
    for place, text in some(texts):
        assert text == text.strip(), place
        assert "  " not in text, place
        assert "<" not in text, place


def test_the_english_roland_morris_is_the_original_of_1983() -> None:
    wording = instrument("rmdq").wording("en")
    assert wording.item("rmdq01").text == "I stay at home most of the time because of my back."
    assert wording.item("rmdq24").text == "I stay in bed most of the time because of my back."
    assert all("back" in wording.item(f"rmdq{number:02d}").text for number in range(1, 25))
    assert "1983" in wording.source


@pytest.mark.parametrize("questionnaire", instruments(), ids=lambda each: each.code)
def test_what_is_worked_out_once_is_what_its_items_say(questionnaire: Instrument) -> None:
    items, groups = questionnaire.items, [group.code for group in questionnaire.groups]
    assert list(questionnaire.by_code.items()) == [(item.code, item) for item in items]
    assert list(questionnaire.texts) == [item.code for item in items if item.type is ItemType.TEXT]
    boxes = [[item.code for item in items if item.group == of and item.type is ItemType.TICKS] for of in groups]
    assert list(map(list, questionnaire.ticks)) == [lines for lines in boxes if lines]
    assert list(questionnaire.branching) == [item for item in items if item.when]
    assert list(questionnaire.exclusive) == [item for item in items if item.exclusive]

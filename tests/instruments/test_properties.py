"""What holds for every instrument, whatever is answered and in whatever order."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.instruments import BadAnswers, ComputedScore, Instrument, check_answers, instrument, instruments, score
from app.instruments.answer_reading import read_json
from app.instruments.model import Item, ItemType

SLOW_MACHINE = [HealthCheck.too_slow]
SCORED = [each.code for each in instruments() if each.scores]


def examples(number: int) -> settings:
    return settings(max_examples=number, deadline=None, suppress_health_check=SLOW_MACHINE)


def answer_to(item: Item) -> st.SearchStrategy[Any]:
    if item.type is ItemType.CHOICE:
        return st.sampled_from([option.code for option in item.options])
    if item.type in (ItemType.YESNO, ItemType.TICKS):
        return st.sampled_from([0, 1])
    if item.type is ItemType.TEXT:
        return st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=item.max_length)
    if item.type is ItemType.DATE:
        return st.dates().map(lambda day: day.isoformat())
    if item.decimals:
        return st.decimals(item.minimum, item.maximum, places=item.decimals)
    return st.integers(item.minimum, item.maximum)


@st.composite
def some_answers(draw: st.DrawFn, questionnaire: Instrument) -> dict[str, Any]:
    """Right answers to any of the items, in any order."""
    items = draw(st.lists(st.sampled_from(questionnaire.items), unique=True))
    answers = {item.code: draw(answer_to(item)) for item in items}
    for item in questionnaire.items:
        if item.exclusive and answers.get(item.code):
            group = {each.code for each in questionnaire.in_group(item.group or "")} - {item.code}
            answers = {code: 0 if code in group else value for code, value in answers.items()}
    return answers


def in_range(questionnaire: Instrument, got: ComputedScore) -> bool:
    declared = next(each for each in questionnaire.scores if each.name == got.name)
    if got.value is None:
        return got.reason is not None
    low, high = declared.minimum, declared.maximum
    return got.reason is None and (low is None or got.value >= low) and (high is None or got.value <= high)


@pytest.mark.parametrize("code", [each.code for each in instruments()])
@given(data=st.data())
@examples(25)
def test_right_answers_are_taken_and_scored_within_range(code: str, data: st.DataObject) -> None:
    questionnaire = instrument(code)
    answers = data.draw(some_answers(questionnaire))
    checked = check_answers(code, answers)
    assert checked.problems == ()
    assert all(answers.get(item) is None for item in checked.missing if not questionnaire.item(item).exclusive)
    scores = score(code, answers)
    assert all(in_range(questionnaire, each) for each in scores)
    assert all(isinstance(each.value, Decimal) for each in scores if each.value is not None)


@pytest.mark.parametrize("code", SCORED)
@given(data=st.data())
@examples(10)
def test_the_order_of_answers_changes_nothing(code: str, data: st.DataObject) -> None:
    answers = data.draw(some_answers(instrument(code)))
    shuffled = dict(data.draw(st.permutations(list(answers.items()))))
    assert score(code, answers) == score(code, shuffled)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)


@pytest.mark.parametrize("code", ["odi", "eq5d5l", "rmdq", "wpai_shp", "medication", "sick_leave"])
@given(data=st.data())
@examples(25)
def test_anything_at_all_is_checked_without_a_traceback(code: str, data: st.DataObject) -> None:
    names = st.sampled_from([item.code for item in instrument(code).items]) | st.text()
    raw = data.draw(st.dictionaries(names, ANYTHING, max_size=5))
    checked = check_answers(code, raw)
    if checked.problems:
        with pytest.raises(BadAnswers):
            score(code, raw)
    else:
        assert all(in_range(instrument(code), each) for each in score(code, raw))


@given(document=st.binary() | st.text())
@examples(100)
def test_any_document_is_read_or_refused(document: bytes | str) -> None:
    try:
        answers = read_json("odi", document)
    except BadAnswers:
        return
    assert set(check_answers("odi", answers).answers) == {item.code for item in instrument("odi").items}


@given(data=st.data())
@examples(50)
def test_worse_answers_never_lower_the_oswestry_index(data: st.DataObject) -> None:
    sections = [item.code for item in instrument("odi").items]
    answers = {section: data.draw(st.integers(0, 5)) for section in data.draw(st.permutations(sections))[:8]}
    worse = {section: min(5, value + 1) for section, value in answers.items()}
    before, after = score("odi", answers)[0].value, score("odi", worse)[0].value
    assert before is not None
    assert after is not None
    assert before <= after

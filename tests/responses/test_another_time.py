"""A Send that comes when its answers are not taken: of what a person is told, and what is kept for her."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.responses.another_time import RefusingVisit, in_time, to_judge
from app.responses.other_answers import OtherAnswer, newest_answers
from app.responses.two_phones import Doubt, DraftContent, GivenWhen, PhoneSays, SaidWhen
from app.schedule.states import State


def second(count: int) -> datetime:
    return datetime.fromtimestamp(count, UTC)


NOW, ENDS, OPENS = second(1000), second(700), second(400)
FIELD = "odi.lifting"
OVER = RefusingVisit(State.MISSED, ENDS, None)
NOTHING, CAME, KEPT = (False, False), (True, False), (True, True)


def given(at: int | None) -> PhoneSays:
    """By the phone it was answered at this second; without one, its clock was turned back."""
    return PhoneSays(0, {FIELD: SaidWhen(0, None if at is None else 1_000_000 - 1000 * at)})


@pytest.mark.parametrize(
    ("visit", "says", "told_and_kept"),
    [
        (OVER, given(699), KEPT),  # in time, and long on its way
        (OVER, given(399), KEPT),  # in a window of before
        (OVER, given(700), NOTHING),  # too late is too late
        (OVER, given(None), NOTHING),
        (OVER, None, NOTHING),  # a form by itself
        (OVER, PhoneSays(500, {}), NOTHING),  # not answered on this phone
        (replace(OVER, state=State.OPEN), given(699), KEPT),  # the study was closed, or takes nothing late
        (replace(OVER, state=State.NOT_DUE), given(399), KEPT),  # moved to later
        (replace(OVER, state=State.NOT_DUE), given(None), KEPT),
        (replace(OVER, state=State.NOT_DUE), None, KEPT),
        (replace(OVER, state=State.CANCELLED), given(800), KEPT),  # its day 0 was called off
        (replace(OVER, state=State.CANCELLED), None, KEPT),
        (RefusingVisit(State.WITHDRAWN, ENDS, second(600)), given(599), CAME),
        (RefusingVisit(State.WITHDRAWN, ENDS, second(600)), given(600), NOTHING),
        (RefusingVisit(State.WITHDRAWN, ENDS, second(600)), given(None), NOTHING),
        (RefusingVisit(State.CANCELLED, ENDS, second(600)), given(599), CAME),
        (RefusingVisit(State.MISSED, ENDS, second(800)), given(699), CAME),  # she left after it was over
        (RefusingVisit(State.MISSED, ENDS, second(1001)), given(699), KEPT),  # she leaves later
    ],
)
def test_what_a_person_is_told_of_what_is_refused(
    visit: RefusingVisit, says: PhoneSays | None, told_and_kept: tuple[bool, bool]
) -> None:
    judged = to_judge(visit, {FIELD: "3", "odi.walking": " "}, says, NOW)
    assert (judged.came, set(judged.kept)) == (told_and_kept[0], {FIELD} if told_and_kept[1] else set())


def test_of_one_send_what_was_given_in_time_is_kept_and_when() -> None:
    says = PhoneSays(0, {FIELD: SaidWhen(0, 400_000), "odi.walking": SaidWhen(0, 100_000)})
    judged = to_judge(OVER, {FIELD: "3", "odi.walking": "1", "odi.sitting": "2"}, says, NOW)
    assert judged.kept == {FIELD: OtherAnswer("3", 1_000_000, 600_000)}


@pytest.mark.parametrize(
    ("at", "left_at", "kept"), [(699_999, None, True), (700_000, None, False), (None, None, False), (5, NOW, False)]
)
def test_what_differs_is_kept_after_the_end_if_it_was_given_before(
    at: int | None, left_at: datetime | None, kept: bool
) -> None:
    others = {FIELD: OtherAnswer("3", 1_000_000, at)}
    assert in_time(others, replace(OVER, left_at=left_at), NOW) == (others if kept else {})


EARLY = GivenWhen(came=900_000, given=300_000, doubt=Doubt.EARLY)
OTHER = GivenWhen(came=900_000, given=600_000, doubt=Doubt.OTHER, other="4")


@pytest.mark.parametrize(
    ("before", "sent", "says", "early", "others"),
    [
        (None, "3", given(399), True, False),  # sent at once, from a window that was moved
        (None, "3", given(400), False, False),
        (None, "3", given(None), False, False),
        (None, "", given(399), False, False),
        (None, "3", PhoneSays(0, {FIELD: SaidWhen(400_000, 700_000)}), False, False),  # its clock is wrong
        (EARLY, "3", PhoneSays(0, {FIELD: SaidWhen(0, 700_000)}, "0.5"), True, False),  # the reply never came
        (EARLY, "3", PhoneSays(900_000, {FIELD: SaidWhen(0, 700_000)}, "0.5"), False, False),  # told, and sent
        (EARLY, "", PhoneSays(0, {}), True, False),  # another phone's, of which this one knows nothing
        (EARLY, "3", PhoneSays(900_000, {}, tells=False), False, False),  # a form that was drawn with the sentence
        (EARLY, "2", PhoneSays(900_000, {FIELD: SaidWhen(900_000, 10_000)}), False, False),  # answered anew
        (OTHER, "3", PhoneSays(0, {FIELD: SaidWhen(0, 400_000)}, "0.5"), False, True),  # the reply never came
        (OTHER, "3", PhoneSays(900_000, {FIELD: SaidWhen(0, 400_000)}, "0.5"), False, False),
    ],
)
def test_what_she_was_not_told_before_she_sent_a_person_is_told(
    before: GivenWhen | None, sent: str, says: PhoneSays, early: bool, others: bool
) -> None:
    when = {FIELD: before._replace(page="0.5")} if before else {}
    newest = newest_answers(DraftContent({FIELD: "3"} if before else {}, when), {FIELD: sent}, says, NOW, OPENS)
    assert (set(newest.early), set(newest.others)) == ({FIELD} if early else set(), {FIELD} if others else set())
    assert newest.need_a_person is (early or others)


def test_of_what_was_given_too_early_the_time_is_told() -> None:
    newest = newest_answers(DraftContent({}, {}), {FIELD: "3"}, given(399), NOW, OPENS)
    assert (newest.fields, newest.early) == ({FIELD: "3"}, {FIELD: OtherAnswer("3", 1_000_000, 399_000)})

"""What differs between two pictures of what lies ahead."""

from datetime import UTC, datetime, timedelta

import pytest

from app.messages.kinds import MessageKind
from app.messages.outlook.effects import Ahead, TextAhead, TextEffect, VisitAhead, VisitEffect, difference
from app.schedule.states import State

AT = datetime(2026, 9, 22, 7, tzinfo=UTC)
DAY = timedelta(days=1)
WINDOW = VisitAhead(AT, AT + DAY, AT + 2 * DAY, AT + 3 * DAY, State.NOT_DUE)
MOVED = VisitAhead(AT + DAY, AT + 2 * DAY, AT + 3 * DAY, AT + 4 * DAY, State.NOT_DUE)
OVER = VisitAhead(AT, AT + DAY, AT + 2 * DAY, AT + 3 * DAY, State.CANCELLED)
TEXT, LATER = TextAhead(AT, "nb", "01"), TextAhead(AT + DAY, "nb", "01")
ENGLISH, ELSEWHERE = TextAhead(AT, "en", "01"), TextAhead(AT, "nb", "02")
KEY = ("d7", MessageKind.INVITATION)


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        (WINDOW, WINDOW, False),
        (WINDOW, MOVED, True),
        (WINDOW, OVER, True),
        (WINDOW, None, True),
        (None, WINDOW, True),
        (None, None, False),
    ],
)
def test_a_window_changes_where_an_instant_or_its_state_does(
    before: VisitAhead | None, after: VisitAhead | None, changes: bool
) -> None:
    pictures = [Ahead("UTC", {"d7": each} if each else {}, {}) for each in (before, after)]
    assert difference(*pictures).visits == ((VisitEffect("d7", before, after),) if changes else ())


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        (TEXT, TEXT, False),
        (TEXT, LATER, True),
        (TEXT, ENGLISH, True),
        (TEXT, ELSEWHERE, True),
        (TEXT, None, True),
        (None, TEXT, True),
    ],
)
def test_a_text_changes_with_its_hour_its_language_or_its_sender(
    before: TextAhead | None, after: TextAhead | None, changes: bool
) -> None:
    pictures = [Ahead("UTC", {}, {KEY: each} if each else {}) for each in (before, after)]
    assert difference(*pictures).texts == ((TextEffect(*KEY, before, after),) if changes else ())


def test_each_change_is_told_once_those_that_were_first_and_in_the_zone_of_its_time() -> None:
    before = Ahead("Europe/Oslo", {"d7": WINDOW, "d14": WINDOW}, {})
    after = Ahead("America/New_York", {"d21": WINDOW, "d14": MOVED, "d7": MOVED}, {})
    effect = difference(before, after)
    assert [change.visit for change in effect.visits] == ["d7", "d14", "d21"]
    assert (effect.zone_before, effect.zone_after, effect.texts) == ("Europe/Oslo", "America/New_York", ())

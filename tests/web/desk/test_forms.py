"""What a form sent, as values: each kind of field by a table, and everything wrong named at once."""

from datetime import UTC, date, datetime, time

import pytest

from app.core.problems import BadInput
from app.web.desk.forms import Fields, instant
from tests.odd_dates import ODD_DAYS

DAY, HOUR = "Write a day, such as 14.05.2026.", "Write an hour, such as 09:30."


@pytest.mark.parametrize(
    ("sent", "value"), [({}, ""), ({"x": ""}, ""), ({"x": "  "}, ""), ({"x": " a b "}, "a b"), ({"y": "a"}, "")]
)
def test_a_text_is_what_stands_there_without_spaces_around_it(sent: dict[str, str], value: str) -> None:
    fields = Fields(sent)
    assert fields.text("x") == value
    assert fields.errors == {}


@pytest.mark.parametrize(
    ("sent", "ticked"), [({}, False), ({"x": "yes"}, True), ({"x": ""}, True), ({"y": "yes"}, False)]
)
def test_a_box_is_ticked_when_it_was_sent_at_all(sent: dict[str, str], ticked: bool) -> None:
    assert Fields(sent).ticked("x") is ticked


@pytest.mark.parametrize(
    ("value", "error"), [("because", None), ("", "Say why."), ("   ", "Say why."), (None, "Say why.")]
)
def test_what_is_needed_is_missed_in_its_own_words(value: str | None, error: str | None) -> None:
    fields = Fields({} if value is None else {"reason": value})
    fields.needed("reason", "Say why.")
    assert fields.errors.get("reason") == error


@pytest.mark.parametrize(
    ("value", "good"), [("stop", True), (" stop ", True), ("STOP", False), ("", False), ("sto", False), ("go", False)]
)
def test_a_choice_is_one_of_the_list(value: str, good: bool) -> None:
    fields = Fields({"act": value})
    assert fields.choice("act", ("stop", "start")) == value.strip()
    assert fields.errors == ({} if good else {"act": "Choose one of the list."})


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2026-05-14", date(2026, 5, 14)),
        (" 2026-05-14 ", date(2026, 5, 14)),
        ("2024-02-29", date(2024, 2, 29)),
        ("1900-01-01", date(1900, 1, 1)),
        ("2199-12-31", date(2199, 12, 31)),
        ("1899-12-31", None),
        ("2200-01-01", None),
        ("0001-01-01", None),
        ("9999-12-31", None),
        ("2026-02-29", None),
        ("2026-13-01", None),
        ("14.05.2026", date(2026, 5, 14)),
        ("4.5.2026", date(2026, 5, 4)),
        ("4. 5. 2026", date(2026, 5, 4)),
        ("31.4.2026", None),
        ("5/14/2026", None),
        ("14.05.26", None),
        ("14.05.", None),
        ("2026-5-14", None),
        *((day, None) for day in ODD_DAYS),
        ("tomorrow", None),
        ("", None),
        ("\x00", None),
        ("２０２６-05-14", date(2026, 5, 14)),
        ("２０２６-０5-32", None),
    ],
)
def test_a_day_is_a_date_of_our_time(value: str, day: date | None) -> None:
    fields = Fields({"on": value})
    read = fields.date("on")
    assert fields.errors == ({} if day else {"on": DAY})
    assert day is None or read == day


@pytest.mark.parametrize(
    ("value", "needed", "hour", "error"),
    [
        ("09:30", True, time(9, 30), None),
        ("00:00", True, time(0), None),
        ("23:59", True, time(23, 59), None),
        (" 09:30 ", False, time(9, 30), None),
        ("09:30:15", True, time(9, 30, 15), None),
        ("09:30+02:00", True, time(9, 30), None),  # the hour of the participant's clocks, whatever zone is written
        ("24:01", True, None, HOUR),
        ("9:30", True, time(9, 30), None),
        ("9.30", True, time(9, 30), None),
        ("9:3", True, None, HOUR),
        ("9:60", True, None, HOUR),
        ("half past nine", True, None, HOUR),
        ("", True, None, HOUR),
        ("", False, None, None),
        ("  ", False, None, None),
        ("25:00", False, None, HOUR),
    ],
)
def test_an_hour_may_be_left_open_where_it_is_not_needed(
    value: str, needed: bool, hour: time | None, error: str | None
) -> None:
    fields = Fields({"time": value})
    assert fields.time("time", needed=needed) == hour
    assert fields.errors.get("time") == error


def test_everything_that_is_wrong_is_named_at_once() -> None:
    fields = Fields({"on": "soon", "time": "later", "act": "perhaps"})
    fields.date("on"), fields.time("time"), fields.choice("act", ["stop"]), fields.needed("reason", "Say why.")
    with pytest.raises(BadInput, match="Something could not be read") as refused:
        fields.check()
    assert set(refused.value.errors) == {"on", "time", "act", "reason"}


def test_a_form_without_a_mistake_goes_through() -> None:
    fields = Fields({"on": "2026-05-14"})
    fields.date("on")
    fields.check()
    assert fields.errors == {}


@pytest.mark.parametrize(
    ("on", "at", "zone", "moment"),
    [
        (date(2026, 3, 2), time(8, 15), "Europe/Oslo", datetime(2026, 3, 2, 7, 15, tzinfo=UTC)),
        (date(2026, 7, 2), time(8, 15), "Europe/Oslo", datetime(2026, 7, 2, 6, 15, tzinfo=UTC)),
        (date(2026, 7, 2), time(0), "Europe/Oslo", datetime(2026, 7, 1, 22, tzinfo=UTC)),
        (date(2026, 7, 2), time(8, 15), "Asia/Kolkata", datetime(2026, 7, 2, 2, 45, tzinfo=UTC)),
        (date(2026, 3, 29), time(1, 59), "Europe/Oslo", datetime(2026, 3, 29, 0, 59, tzinfo=UTC)),
        (date(2026, 3, 29), time(2, 0), "Europe/Oslo", None),  # the clocks go forward over this hour
        (date(2026, 3, 29), time(2, 59), "Europe/Oslo", None),
        (date(2026, 3, 29), time(3, 0), "Europe/Oslo", datetime(2026, 3, 29, 1, tzinfo=UTC)),
        (date(2026, 3, 29), time(2, 30), "UTC", datetime(2026, 3, 29, 2, 30, tzinfo=UTC)),
        (date(2026, 10, 25), time(2, 30), "Europe/Oslo", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # the first of two
    ],
)
def test_an_hour_is_read_on_the_clocks_of_its_zone(on: date, at: time, zone: str, moment: datetime | None) -> None:
    if moment is not None:
        assert instant(on, at, zone) == moment
        return
    with pytest.raises(BadInput, match="this hour does not exist") as refused:
        instant(on, at, zone)
    assert set(refused.value.errors) == {"time"}

"""What programs may send: each field by a table of what is taken and what is refused, with its sentence."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from marshmallow import Schema, ValidationError

from app.api.fields import Instant
from app.api.schemas import AssessmentQuery, EnrolmentSchema, EventEntrySchema, PageQuery
from app.schedule.models import State

PERSON = {"site": "01", "phone": "40612345", "consent": "1.0", "enrolled_on": "2026-03-02"}
PLANNED = {"kind": "first_infusion", "state": "planned", "on": "2026-03-10"}
HAPPENED = {"kind": "first_infusion", "state": "happened", "at": "2026-03-10T09:30:00+01:00"}
CANCELLED = {"kind": "first_infusion", "state": "cancelled", "on": "2026-03-10"}
MISSING = "Missing data for required field."
CONTROLS = "Leave control characters out."


def errors(schema: Schema, sent: dict[str, Any]) -> dict[str, str]:
    """What is wrong with each field: its first sentence."""
    return {str(name): next(iter(sentences)) for name, sentences in schema.validate(sent).items()}


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({}, {}),
        ({"site": "x" * 10, "phone": "4" * 30, "consent": "1" * 60, "code": "0" * 20, "name": "N" * 200}, {}),
        ({"abroad": True, "sms_answers": False, "birth_year": "1979", "zone": "Europe/Oslo", "language": "nb"}, {}),
        ({"site": "x" * 11}, {"site": "At most 10 characters."}),
        ({"phone": "4" * 31}, {"phone": "At most 30 characters."}),
        ({"consent": "1" * 61}, {"consent": "At most 60 characters."}),
        ({"code": "0" * 21}, {"code": "At most 20 characters."}),
        ({"name": "N" * 201}, {"name": "At most 200 characters."}),
        ({"language": "nb-NO-x"}, {"language": "At most 5 characters."}),
        ({"zone": "E" * 65}, {"zone": "At most 64 characters."}),
        ({"birth_year": "19790"}, {"birth_year": "At most 4 characters."}),
        ({"name": "a\nb"}, {"name": CONTROLS}),
        ({"name": "a\x00b"}, {"name": CONTROLS}),
        ({"name": "a\ud800b"}, {"name": CONTROLS}),
        ({"name": "a\x7fb"}, {"name": CONTROLS}),
        ({"name": "a\ufffeb"}, {"name": CONTROLS}),
        ({"name": "a\U0001ffffb"}, {"name": CONTROLS}),
        ({"name": "Åse Ñuñez-O'Hara 李"}, {}),
        ({"phone": 40612345}, {"phone": "Not a valid string."}),
        ({"phone": None}, {"phone": "Field may not be null."}),
        ({"phone": "", "email": "kari@example.org", "channel": "email"}, {}),
        ({"phone": ""}, {"phone": MISSING}),
        ({"abroad": "yes"}, {"abroad": "Write true or false."}),
        ({"abroad": 1}, {"abroad": "Write true or false."}),
        ({"sms_answers": "true"}, {"sms_answers": "Write true or false."}),
        ({"enrolled_on": "2.3.2026"}, {"enrolled_on": "Write the day as 2026-04-07."}),
        ({"enrolled_on": "2026-02-30"}, {"enrolled_on": "Not a valid date."}),
        ({"arm": "infliximab"}, {"arm": "This name is not known here."}),
        ({"pin": "4711"}, {"pin": "This name is not known here."}),
    ],
)
def test_an_enrolment_is_taken_or_each_wrong_field_named(changed: dict[str, Any], wrong: dict[str, str]) -> None:
    assert errors(EnrolmentSchema(), PERSON | changed) == wrong


@pytest.mark.parametrize("name", sorted(PERSON))
def test_what_an_enrolment_cannot_do_without_is_asked_for(name: str) -> None:
    assert errors(EnrolmentSchema(), {key: value for key, value in PERSON.items() if key != name}) == {name: MISSING}


@pytest.mark.parametrize(
    ("entry", "wrong"),
    [
        (PLANNED, {}),
        (PLANNED | {"at": "2026-03-10T09:30:00+01:00"}, {}),
        (HAPPENED, {}),
        (CANCELLED, {}),
        (PLANNED | {"on": None}, {"on": "Say on which date it is planned."}),
        ({"kind": "first_infusion", "state": "planned"}, {"on": "Say on which date it is planned."}),
        ({"kind": "first_infusion", "state": "cancelled"}, {"on": "Say on which date it is planned."}),
        (
            CANCELLED | {"at": "2026-03-10T09:30:00Z"},
            {"at": "What is called off has no hour; leave this out."},
        ),
        (
            {"kind": "first_infusion", "state": "happened"},
            {"at": "Say when it happened, with date, time and zone."},
        ),
        (HAPPENED | {"on": "2026-03-10"}, {"on": "What happened has its date from `at`; leave this out."}),
        (HAPPENED | {"at": "2026-03-10T09:30:00"}, {"at": "Not a valid aware datetime."}),
        (HAPPENED | {"at": "1900-12-31T00:00:00Z"}, {"at": "Check the year."}),
        (HAPPENED | {"at": "2200-01-01T00:00:00Z"}, {"at": "Check the year."}),
        (HAPPENED | {"at": "yesterday"}, {"at": "Write the day as 2026-04-07."}),
        (PLANNED | {"kind": "k" * 41}, {"kind": "At most 40 characters."}),
        (PLANNED | {"state": "perhaps"}, {"state": "Must be one of: planned, happened, cancelled."}),
    ],
)
def test_an_event_says_what_it_needs_in_each_state(entry: dict[str, Any], wrong: dict[str, str]) -> None:
    assert errors(EventEntrySchema(), entry) == wrong


@pytest.mark.parametrize(
    ("sent", "page"),
    [
        ({}, (500, 0)),
        ({"limit": "1"}, (1, 0)),
        ({"limit": "5000", "offset": "1000000000"}, (5000, 10**9)),
        ({"limit": "0"}, None),
        ({"limit": "5001"}, None),
        ({"offset": "-1"}, None),
        ({"offset": "1000000001"}, None),
        ({"limit": "ten"}, None),
        ({"limit": ""}, None),
        ({"page": "2"}, None),
    ],
)
def test_a_page_has_its_bounds(sent: dict[str, str], page: tuple[int, int] | None) -> None:
    if page is None:
        with pytest.raises(ValidationError):
            PageQuery().load(sent)
    else:
        loaded = PageQuery().load(sent)
        assert (loaded["limit"], loaded["offset"]) == page


@pytest.mark.parametrize("state", list(State))
def test_assessments_are_asked_for_by_each_state(state: State) -> None:
    assert AssessmentQuery().load({"state": state.value})["state"] is state


@pytest.mark.parametrize(
    "sent",
    [
        {"state": "finished"},
        {"state": "OPEN"},
        {"state": ""},
        {"visit": "v" * 41},
        {"site": "s" * 11},
        {"code": "01-001"},
    ],
)
def test_a_filter_that_can_find_nothing_is_refused(sent: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        AssessmentQuery().load(sent)


@pytest.mark.parametrize(
    ("instant", "written"),
    [
        (None, None),
        (datetime(2026, 3, 2, 9, 0, tzinfo=UTC), "2026-03-02T09:00:00Z"),
        (datetime.fromisoformat("2026-03-02T09:00:00+01:00"), "2026-03-02T08:00:00Z"),
        (datetime(2026, 3, 2, 9, 0, 0, 999_999, tzinfo=UTC), "2026-03-02T09:00:00Z"),
    ],
)
def test_an_instant_is_given_out_in_utc_to_the_second(instant: datetime | None, written: str | None) -> None:
    class Body(Schema):
        at = Instant()

    assert Body().dump({"at": instant}) == {"at": written}


def test_dates_and_instants_become_values_of_their_kind() -> None:
    assert EnrolmentSchema().load(PERSON)["enrolled_on"] == date(2026, 3, 2)
    assert EventEntrySchema().load(HAPPENED)["at"] == datetime(2026, 3, 10, 8, 30, tzinfo=UTC)

"""One reader of digits in every channel: SMS, page, staff's forms, commands, API; each script that hands may type."""

from datetime import date, time

import pytest
from sqlalchemy.orm import Session

from app.api.fields import Day, Instant
from app.instruments import instruments
from app.instruments.answering import check_answers
from app.instruments.model import ItemType
from app.messages.short_visits import numbers
from app.participants.enrolment import Person, enrol, find
from app.participants.phone import mobile
from app.participants.pin import is_pin, set_pin
from app.responses.fields import TYPED, understood
from app.studies.installing import site
from app.web.desk.forms import Fields
from tests.factories import NOW, backtobasic

SCRIPTS = {
    "plain": "0123456789",
    "Arabic-Indic": "٠١٢٣٤٥٦٧٨٩",
    "extended Arabic-Indic": "۰۱۲۳۴۵۶۷۸۹",
    "Devanagari": "०१२३४५६७८९",
    "full width": "０１２３４５６７８９",
}


@pytest.fixture(params=list(SCRIPTS.values()), ids=list(SCRIPTS))
def digits(request: pytest.FixtureRequest) -> dict[int, int]:
    """How a keyboard writes the ten digits."""
    return str.maketrans("0123456789", str(request.param))


@pytest.mark.parametrize(
    ("words", "read"),
    [
        ("6 8 5", (6, 8, 5)),
        ("6\u00a08\u202f5", (6, 8, 5)),
        ("6، 8، 5", (6, 8, 5)),
        ("\u200f6\u200b", (6,)),
        ("6，8，5", (6, 8, 5)),
        ("10", (10,)),
        ("6。", (6,)),
        ("6\ufe0f\u20e3", (6,)),
        ("6٫5", ()),  # one number with a decimal, which no question asks for
        ("\u22123", ()),
        ("6²", ()),
        ("ca 6", ()),
    ],
)
def test_an_sms_is_read(digits: dict[int, int], words: str, read: tuple[int, ...]) -> None:
    assert numbers(words.translate(digits)) == read


def test_a_number_on_the_page_is_read(digits: dict[int, int]) -> None:
    typed = [(each, item) for each in instruments() for item in each.items if item.type in TYPED]
    fields = {f"{each.code}.{item.code}": " 7\u00a0".translate(digits) for each, item in typed}
    read = understood(fields, {each.code: each for each, _ in typed}.values())
    assert {read[each.code][item.code] for each, item in typed} == {7}


def test_a_day_on_the_page_is_read(digits: dict[int, int]) -> None:
    dates = [(each, item) for each in instruments() for item in each.items if item.type is ItemType.DATE]
    day = "2026\u201102\u201101".translate(digits)
    checked = [check_answers(each.code, {item.code: day}).answers[item.code] for each, item in dates]
    assert set(checked) == {"2026-02-01"}


def test_staff_s_forms_are_read(digits: dict[int, int]) -> None:
    form = {"on": "2026-05-14", "at": "09:30"}
    fields = Fields({name: f"\u200b{value}\u00a0".translate(digits) for name, value in form.items()})
    assert (fields.date("on"), fields.time("at"), fields.errors) == (date(2026, 5, 14), time(9, 30), {})


def test_telephones_pins_and_pseudonyms_are_read(session: Session, digits: dict[int, int]) -> None:
    protocol = backtobasic()
    written = [part.translate(digits) for part in ("406\u202f12\u00a0345", "4711", "01\u2013017")]
    person = enrol(
        site(protocol.study, "01"),
        protocol,
        Person(written[0], pin=written[1], code=written[2]),
        "1.0",
        NOW.date(),
        NOW,
    )
    assert (person.contact.phone, person.code) == ("+4740612345", "01-017")
    assert is_pin(person.contact, "4711")
    assert is_pin(person.contact, " ４７１１\u200b")
    assert not is_pin(person.contact, "4712".translate(digits))
    assert find(protocol.study, "01-017".translate(digits)) is person
    set_pin(person.contact, "8052".translate(digits))
    assert is_pin(person.contact, "8052")
    assert mobile("+47 406 12 345".translate(digits), "NO") == "+4740612345"


def test_what_programs_send_is_read(digits: dict[int, int]) -> None:
    assert Day().deserialize("2026-05-14".translate(digits)) == date(2026, 5, 14)
    at = Instant().deserialize("2026-05-14T09:30:00+02:00".translate(digits))
    assert at.isoformat() == "2026-05-14T09:30:00+02:00"

"""A study of two countries: each site has its own zone, holidays, language, numbers and help."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.problems import BadInput
from app.messages.outlook.forecast import coming_to
from app.participants.enrolment import change_phone
from app.participants.finding import find_by_phone
from app.schedule.planning import plan
from app.studies.access import Scope
from app.studies.models import Protocol, Site
from app.studies.protocol import Protocol as ProtocolFile
from tests.factories import installed, participant
from tests.studies.protocol.second import errors, read, second

BRITISH = """\
    phone: "21 23 45 61"
  - code: "44"
    name: Third
    sender: {en: The researchers in York, nb: Forskerne i York}
    phone: "+44 20 7946 0018"
    country: GB
    subdivision: ENG
    zone: Europe/London
    language: en
    urgent_help: {en: "Call 999.", nb: "Ring 999."}
"""
BILINGUAL = (("languages: [en]", "languages: [nb, en]"),)


WORDS = ("The knee", "Call 113.", "The researchers", "The researchers up north", "Surgery", "Flare", "Quarter")


def _both(text: str) -> str:
    """With each text in Norwegian too."""
    for words in (
        "The knee",
        "Call 113.",
        "The researchers",
        "The researchers up north",
        "Surgery",
        "Flare",
        "Quarter",
    ):
        text = text.replace(f"{{en: {words}}}", f"{{en: {words}, nb: {words}}}")
        text = text.replace(f'{{en: "{words}"}}', f'{{en: "{words}", nb: "{words}"}}')
    return "\n".join(map(_message, text.splitlines())) + "\n"


def _message(line: str) -> str:
    kind, colon, words = line.partition(': {en: "{sender}')
    return f'{kind}: {{en: "{{sender}}{words[:-1]}, nb: "{{sender}}{words}' if colon else line


TWO = _both(second(*BILINGUAL)).replace('    phone: "21 23 45 61"\n', BRITISH, 1)


@pytest.fixture
def protocol(session: Session) -> Protocol:
    return installed(TWO)


@pytest.fixture
def file() -> ProtocolFile:
    return read(TWO)


def test_what_a_site_does_not_say_is_as_the_protocol_says(file: ProtocolFile) -> None:
    assert [file.zone_at(code) for code in ("01", "44", "99")] == ["Europe/Oslo", "Europe/London", "Europe/Oslo"]
    assert [file.language_at(code) for code in ("01", "44", "99")] == ["nb", "en", "nb"]
    assert [file.urgent_help_in("en", code) for code in ("01", "44", None)] == ["Call 113.", "Call 999.", "Call 113."]
    assert file.zones == ("Europe/Oslo", "Europe/London")


BANK_HOLIDAYS = [
    # a day that is a public holiday in one of the two countries; when a text of that day leaves in each, UTC
    (date(2026, 5, 25), "05-26 07:00", "05-26 08:00", "Whit Monday in Norway, the spring bank holiday in England"),
    (date(2026, 5, 4), "05-04 07:00", "05-05 08:00", "the early May bank holiday, in England alone"),
    (date(2026, 8, 31), "08-31 07:00", "09-01 08:00", "the summer bank holiday, in England alone"),
    (date(2026, 5, 14), "05-15 07:00", "05-14 08:00", "Ascension Day, in Norway alone"),
    (date(2026, 6, 10), "06-10 07:00", "06-10 08:00", "a day like others"),
]


@pytest.mark.parametrize(("on", "norwegian", "british", "_holiday"), BANK_HOLIDAYS)
def test_a_text_waits_for_the_holidays_of_its_own_site(
    protocol: Protocol, on: date, norwegian: str, british: str, _holiday: str
) -> None:
    now = datetime(on.year, on.month, on.day, 1, tzinfo=UTC)
    leaves = []
    for site, phone in (("01", "+4740612345"), ("44", "+447400123456")):
        person = participant(protocol, site, now, phone=phone)
        plan(person, now)
        leaves.append(next(text for text in coming_to(person, now) if text.visit == "start").at)
    assert [f"{at:%m-%d %H:%M}" for at in leaves] == [norwegian, british]


def test_a_participant_has_zone_and_language_of_her_site_unless_it_is_said_otherwise(
    protocol: Protocol,
) -> None:
    abroad = participant(protocol, "44", phone="07400 123456")
    assert (abroad.zone, abroad.language) == ("Europe/London", "en")
    own = participant(protocol, "44", phone="07400 123457", zone="Europe/Dublin", language="nb")
    assert (own.zone, own.language) == ("Europe/Dublin", "nb")


NUMBERS = [
    # at which site, a number as it is typed, whether it is foreign there
    ("44", "07400 123456", False),
    ("44", "+44 7400 123456", False),
    ("44", "07911 123456", False),
    ("44", "+44 7797 712345", False),
    ("44", "+47 406 12 345", True),
    ("01", "406 12 345", False),
    ("01", "+44 7400 123456", True),
    ("01", "+46 70 123 45 67", True),
]


@pytest.mark.parametrize(("site", "number", "foreign"), NUMBERS)
def test_a_sites_own_numbers_are_not_foreign(protocol: Protocol, site: str, number: str, foreign: bool) -> None:
    if foreign:
        with pytest.raises(BadInput, match="foreign number"):
            participant(protocol, site, phone=number)
    else:
        person = participant(protocol, site, phone=number)
        change_phone(person, number)
        assert person.contact.phone is not None


MISTAKES = [
    ("zone: Europe/London", "zone: Europe/Lundon", "there is no time zone `Europe/Lundon`", "Europe/London"),
    ("zone: Europe/London", "zonne: Europe/London", "is not known here", "Did you mean `zone`?"),
    ("    language: en\n", "    language: sv\n", "`sv` is not a language of this protocol", "en, nb"),
    (
        'urgent_help: {en: "Call 999.", nb: "Ring 999."}',
        'urgent_help: {en: "Call 999."}',
        "no text in `nb`",
        "Add `nb:",
    ),
    ("    subdivision: ENG\n", "", "not all parts of GB have the same public holidays", "ENG (England)"),
]


@pytest.mark.parametrize(("old", "new", "message", "remedy"), MISTAKES)
def test_what_a_site_says_wrongly_is_one_mistake(old: str, new: str, message: str, remedy: str) -> None:
    assert old in TWO
    (mistake,) = errors(TWO.replace(old, new, 1))
    assert message in mistake.message
    assert remedy in mistake.remedy


def test_what_asks_about_danger_to_life_needs_somebody_who_answers_at_each_site() -> None:
    written = TWO.replace("instruments: [odi]", "instruments: [odi, hscl25]", 1)
    there = 'safety: {answered_by: The doctor, within_hours: 24, help: {en: "Call 113.", nb: "Ring 113."}}'
    (mistake,) = errors(written.replace("    country: GB\n", f"    country: GB\n    {there}\n", 1))
    assert "does not say who answers" in mistake.message
    everywhere = written.replace("sites:\n", f"{there}\nsites:\n", 1)
    assert errors(everywhere) == []
    assert read(everywhere).safety_help_in("nb", "44") == "Ring 113."
    own = everywhere.replace("    country: GB\n", f"    country: GB\n    {there.replace('Ring 113', 'Ring 999')}\n", 1)
    assert (read(own).safety_help_in("nb", "44"), read(own).safety_help_in("nb", "01")) == ("Ring 999.", "Ring 113.")


def test_a_number_is_found_as_it_is_written_in_the_country_of_any_site(session: Session, protocol: Protocol) -> None:
    person = participant(protocol, "44", phone="07400 123456")
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    sites = select(Site.id).where(Site.study_id == protocol.study_id).order_by(Site.id)
    scope = Scope(protocol.study, tuple(session.scalars(sites)), frozenset(), whole=True)
    for typed in ("07400 123456", "+44 7400 123456", "0044 7400 123456"):
        assert find_by_phone(scope, typed, "somebody", now) == [person], typed
    with pytest.raises(BadInput, match="telephone"):
        find_by_phone(scope, "12", "somebody", now)

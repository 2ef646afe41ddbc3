"""One mistake each: the line it is reported on, what is said, and what to write instead."""

from __future__ import annotations

import pytest

from app.studies.protocol import ProtocolErrors, read_protocol
from tests.studies.protocol.protocols import SMALL, errors, line_of, read, small
from tests.studies.protocol.second import second

MISTAKES = [
    # what is written, instead of what; the message; the remedy
    ("window: shrt", "window: short", "there is no window `shrt`", "Did you mean `short`?"),
    ("[odj, nrs_lbp]", "[odi, nrs_lbp]", "there is no instrument `odj`", "Did you mean `odi`?"),
    ("[ODI, nrs_lbp]", "[odi, nrs_lbp]", "there is no instrument `ODI`", "Did you mean `odi`?"),
    ("[odi, odi]", "[odi, nrs_lbp]", "`odi` stands twice in one visit", "Write each questionnaire once"),
    ("[odi, hscl25]", "[odi, nrs_lbp]", "`hscl25` asks about danger to life", "Add `safety:`"),
    ("code: d7, day: 14", "code: d14, day: 14", "`d7` overlaps with `d7` on line 32", "Give each a code of its own"),
    ("code: d07, day: 14", "code: d14, day: 14", "`d07` overlaps with `d7`", "Give each a code of its own"),
    ('code: "001"', 'code: "02"', "`001` overlaps with `01` on line 9", "Give each a code of its own"),
    ("code: d14, day: 7", "code: d14, day: 14", "day 7 has a visit already, on line 32", "one visit, one message"),
    ("code: d14, day: 3", "code: d14, day: 14", "day 3 comes after day 7", "in the order of their days"),
    ("code: d14, day: 14.5", "code: d14, day: 14", "is not a whole number", "Write digits only"),
    ('code: d14, day: "14"', "code: d14, day: 14", "is not a whole number", "Write digits only"),
    ("code: d14, day: true", "code: d14, day: 14", "is not a whole number", "Write digits only"),
    (f"code: d14, day: {10**40}", "code: d14, day: 14", f"{10**40} is out of range", "from 0 to 3650"),
    ("code: d14, day: -1", "code: d14, day: 14", "-1 is out of range", "Write a whole number from 0 to 3650"),
    ("code: d14, day:", "code: d14, day: 14", "is empty", "`day: 28`"),
    ("code: D14", "code: d14", '"D14" is not written as it should be', "`code: d28`"),
    ("day: 14, window: before", "day: 14, window: short", "closes with the anchor event", "visit on day 0 only"),
    ("{day: 3, at: 12:00}", "{day: 2, at: 12:00}", "a reminder on day 3 comes after the window closes", "Write 2 or"),
    ("{day: 1, at: 16:00}", "{day: 2, at: 12:00}", "does not come after the text before it", "Put it later"),
    ("{day: 0, at: 08:30}", "{day: 1, at: 17:00}", "does not come after the text before it", "Put it later"),
    ("[{day: 0, at: 12:00}]", "[]", "comes after the window closes with the anchor event", "Write -1 or an earlier"),
    ("at: 25:00", "at: 17:00", '"25:00" is not an hour of the day', "Write an hour from 00:00 to 23:59"),
    ("at: 9", "at: 17:00", '"9" is not an hour of the day', "Write an hour from 00:00 to 23:59"),
    ("at: ０９:００", "at: 17:00", '"０９:００" is not an hour of the day', "Write an hour from 00:00 to 23:59"),
    ("at: 02:30", "at: 17:00", "02:30 does not exist, or comes twice", "Write an hour from 06:00 to 21:00"),
    ("at: 03:30", "at: 17:00", "03:30 is in the night", "Write an hour from 06:00 to 21:00"),
    ("at: 07:30", "at: 17:00", "07:30 lies in the quiet hours", "Write an hour from 08:00 to before 20:00"),
    ("at: 20:00", "at: 17:00", "20:00 lies in the quiet hours", "Write an hour from 08:00 to before 20:00"),
    ("{at: 02:00, earliest", "{at: 09:00, earliest", "02:00 does not exist, or comes twice", "from 06:00 to 21:00"),
    ("earliest: 05:00", "earliest: 08:00", "05:00 is in the night", "from 06:00 to 21:00"),
    ("latest: 23:00", "latest: 20:00", "23:00 is in the night", "from 06:00 to 21:00"),
    ("holidays: perhaps", "holidays: wait", "is not one of the choices", "Write `wait` or `send`"),
    ("closes: -1", "closes: 2", "closes on day -1, before it is due", "Write `closes` equal to `due` or later"),
    ("due: -1\n", "due: 0\n", "is due on day -1, before it opens on day 0", "Write `due` equal to `opens` or later"),
    ("closes: last_dose", "closes: first_dose", "closes with `last_dose`", "or `first_dose`"),
    ("closes: [2]", "closes: 2", "is neither a day nor an event", "name of the anchor event"),
    ("anchor: frist_dose", "anchor: first_dose", "`frist_dose` is not one of the events", "Did you mean `first_dose`"),
    ("zone: Europe/Olso", "zone: Europe/Oslo", "there is no time zone `Europe/Olso`", "Did you mean `Europe/Oslo`?"),
    ("zone: localtime", "zone: Europe/Oslo", "there is no time zone `localtime`", ""),
    ("zone: Mars", "zone: Europe/Oslo", "there is no time zone `Mars`", ""),
    ("country: XX", "country: NO", "there is no country `XX`", "such as `NO`"),
    ("country: no", "country: NO", '"no" is not written as it should be', "`country: NO`"),
    ('phone: "12"', 'phone: "+47 21 23 45 62"', '"12" is not a telephone number', "Write it whole"),
    ('phone: "hello"', 'phone: "+47 21 23 45 62"', '"hello" is not a telephone number', "Write it whole"),
    ("languages: [nb, en, xx]", "languages: [nb, en]", "the language `xx` is not known", "da, de, en, fr, nb, nn, sv"),
    ("languages: [nb, en, en]", "languages: [nb, en]", "the language `en` stands twice", "each language once"),
    ("languages: [nb, en, 7]", "languages: [nb, en]", "is not text", "Write it in quotes"),
    ("  Short:", "  short:", '"Short" is not written as it should be', "`a_short_name`"),
    ("  first dose:", "  first_dose:", '"first dose" is not written as it should be', "`a_short_name`"),
    ("sms_replies: {allowed: 1}\nnever_in_texts", "never_in_texts", "is not what belongs here", "`allowed: false`"),
    ("languages: nb", "languages: [nb, en]", "is not a list", "`languages: [nb, en]`"),
    ("languages: []", "languages: [nb, en]", "has too few or too many entries", "`languages: [nb, en]`"),
    ('{nb: "Ring 113."}', '{nb: "Ring 113.", en: "Call 113."}', "has no text in `en`", "Add `en: ...`"),
    ("version: 1.0", 'version: "1"', "is not text", 'in quotes, for example `version: "1.0"`'),
    ("study: Small Trial", "study: small", "is not written as it should be", "`study: backtobasic`"),
    ("tittle:", "title:", "is not known here", "Did you mean `title`?"),
    ("xyzzy: red\ntitle:", "title:", "is not known here", "Use one of: "),
    ("sites: 5\nunused:", "sites:", "is not a list", '`- code: "01"`'),
    (
        "sending: later",
        "sending: {at: 09:00, earliest: 08:00, latest: 20:00, holidays: wait, daily_cap: 50}",
        "names",
        "",
    ),
    (
        "answers: {skipping: asked_once}",
        "answers: {skipping: asked_once, late: keep, drafts: discard, pause_days: 1}",
        "is missing",
        "Write `keep` or `refuse`",
    ),
    ("invite:", "invitation:", "there is no message of the kind `invite`", "Did you mean `invitation`?"),
    ("Takk – hei", "Takk", 'holds "–" (U+2013 EN DASH)', "Write '-' instead"),
    ("Takk, pasient", "Takk", 'holds "pasient"', "Say it in neutral words"),
    ("Takk, Small-lumab: SMALLUMAB", "Takk", 'holds "Smallumab"', "Say it in neutral words"),
    ("Takk for small talk", "Takk", 'holds "small"', "Say it in neutral words"),
    ("Takk: {link}", "Takk", "needs no link and has 1", "Leave the link out"),
    ("Svar her: {lnk}", "Svar her: {link}", "has the unknown placeholder {lnk}", "Did you mean {link}?"),
    ("Svar her: {link", "Svar her: {link}", "has a brace without its partner", "{sender}, {link} or {phone}"),
    ("Svar her: {link} {link}", "Svar her: {link}", "needs one link and has 2", "Write {link} exactly once"),
    ("Forskerne på smerteklinikken", "Forskerne i nord", 'holds "smerteklinikken"', "Say it in neutral words"),
    ("Forskerne i Kárášjohka", "Forskerne i nord", 'holds "á"', "letters of the SMS alphabet"),
]


@pytest.mark.parametrize(("written", "instead_of", "message", "remedy"), MISTAKES)
def test_a_mistake_is_found_on_its_line(written: str, instead_of: str, message: str, remedy: str) -> None:
    line = line_of(SMALL, instead_of)
    mistakes = [error for error in errors(small((instead_of, written))) if error.line == line]
    assert any(message in error.message and remedy in error.remedy for error in mistakes), mistakes


ELSEWHERE = [
    # what is written, instead of what; the place that it makes wrong; the message; the remedy
    ("closes: 0", "closes: 2", "windows.short.reminders.#1.day", "a reminder on day 1 comes after", "Write 0 or an"),
    ("[nb, en, nn]", "[nb, en]", "sites.01.sender", "has no text in `nn`", "Add `nn: ...`"),
    ("reminder-3:", "reminder-2:", "messages", "the message `reminder-2` is missing", "Add `reminder-2:`"),
    ("[nb]", "[nb, en]", "events.first_dose.en", "`en` is not a language of this protocol", "Delete it, or add"),
]


@pytest.mark.parametrize(("written", "instead_of", "where", "message", "remedy"), ELSEWHERE)
def test_what_a_change_makes_wrong_elsewhere_is_found_there(
    written: str, instead_of: str, where: str, message: str, remedy: str
) -> None:
    mistakes = [error for error in errors(small((instead_of, written))) if error.where == where]
    assert any(message in error.message and remedy in error.remedy for error in mistakes), mistakes


def test_the_small_protocol_is_sound() -> None:
    assert errors(SMALL) == []
    assert read(SMALL).site("01").phone == "+4721234561"
    assert read(SMALL).registrations == {}
    assert read(SMALL).safety is None


def test_all_errors_come_at_once_in_the_order_of_the_file() -> None:
    text = small(
        ("zone: Europe/Oslo", "zone: Europe/Olso"),
        ("day: 7,", "day: seven,"),
        ("window: before", "window: befor"),
        ("latest: 20:00", "latst: 20:00"),
        ("Takk.", "Takk – pasient."),
    )
    mistakes = errors(text)
    assert [error.line for error in mistakes] == sorted(error.line for error in mistakes)
    assert {error.where for error in mistakes} == {
        "zone",
        "visits.d0.window",
        "visits.d7.day",
        "sending.latest",
        "sending.latst",
        "messages.start.nb",
    }
    assert len(mistakes) == 7


def test_the_message_of_the_exception_is_the_list_to_work_through() -> None:
    with pytest.raises(ProtocolErrors) as caught:
        read(small(("zone: Europe/Oslo", "zone: Europe/Olso"), ("grace: 1", "grace: -1")))
    assert str(caught.value).splitlines() == [
        "The protocol has 2 errors:",
        "  line 6, zone: there is no time zone `Europe/Olso`. Did you mean `Europe/Oslo`?",
        "  line 26, windows.short.grace: -1 is out of range. Write a whole number from 0 to 365.",
    ]


def test_a_window_that_nobody_uses_is_noted() -> None:
    text = small(("  before:", "  aside: {opens: 0, due: 0, closes: 1, grace: 0, reminders: []}\n  before:"))
    assert read(text).notes == ("The window aside is used by no visit.",)


def test_the_caller_says_which_instruments_there_are() -> None:
    protocol = read_protocol(small(("[odi, nrs_lbp]", "[anything]")), ["anything", "nrs_lbp_week"], [])
    assert protocol.visit("d0").instruments == ("anything",)


SAFETY = 'safety: {answered_by: The doctor on call, within_hours: 24, help: {nb: "Ring 113.", en: "Call 113."}}\nsites:'


def test_safety_items_are_allowed_where_somebody_answers() -> None:
    text = small(("[odi, nrs_lbp]", "[odi, hscl25]"), ("sites:", SAFETY))
    safety = read(text).safety
    assert safety is not None
    assert (safety.answered_by, safety.within_hours) == ("The doctor on call", 24)


def test_safety_without_help_in_each_language_is_refused() -> None:
    text = small(("sites:", SAFETY.replace(', en: "Call 113."', "")))
    assert [error.where for error in errors(text)] == ["safety.help"]


def test_a_country_without_a_calendar_of_holidays_must_say_that_it_sends_on_all_days() -> None:
    text = small(("country: NO", "country: AC"), ('"21 23 45 61"', '"+47 21 23 45 61"'))
    assert [error.where for error in errors(text)] == ["sending.holidays"]
    assert errors(text.replace("holidays: wait", "holidays: send")) == []


ALONE = [
    # one mistake that other checks could trip over; what is written, instead of what
    ("languages: [nb, en, xx]", "languages: [nb, en]"),
    ("languages: [no, en]", "languages: [nb, en]"),
    ("at: ０９:００", "at: 17:00"),
    ("earliest: 21:00", "earliest: 08:00"),
    ("anchor: frist_dose", "anchor: first_dose"),
    ("code: d7, day: 99999", "code: d7, day: 7"),
    ("closes: +2w\n", "closes: 2\n"),
    ("closes: Two Weeks\n", "closes: 2\n"),
    ("closes: -2w,", "closes: first_dose,"),
]


@pytest.mark.parametrize(("written", "instead_of"), ALONE)
def test_one_mistake_is_reported_once(written: str, instead_of: str) -> None:
    assert len(errors(small((instead_of, written)))) == 1


def test_a_language_that_nobody_knows_is_one_mistake_though_all_is_written_in_it() -> None:
    mistakes = errors(second().replace("{en: ", "{xx: ").replace("languages: [en]", "languages: [xx]"))
    assert [(mistake.where, mistake.message) for mistake in mistakes] == [
        ("languages.#1", "the language `xx` is not known")
    ]

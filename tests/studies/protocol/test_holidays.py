"""Public holidays in the protocol file: whose they are must be known, and a protocol may change them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from holidays import country_holidays, list_supported_countries
from phonenumbers import SUPPORTED_REGIONS

from app.schedule.public_holidays import holidays_at
from app.studies.protocol import from_dict
from app.studies.protocol.conduct import Locality
from app.studies.protocol.holiday_checks import differs_within, has_holidays, subdivisions
from tests.studies.protocol.protocols import errors, read, small

BRITISH = (("country: NO", "country: GB"), ('"21 23 45 61"', '"+47 21 23 45 61"'))
PLACES = [
    # country, whether its parts have days of their own, one of them
    ("NO", False, ""),
    ("SE", False, ""),
    ("DK", False, ""),
    ("PL", False, ""),
    ("NL", False, ""),
    ("GB", True, "SCT"),
    ("DE", True, "BY"),
    ("ES", True, "CT"),
    ("US", True, "MA"),
    ("CH", True, "ZH"),
    ("FR", True, "57"),
    ("CA", True, "QC"),
    ("AU", True, "VIC"),
    ("FI", True, "01"),
]

FIRST, SECOND = ("    name: First", "    name: First\n    %s"), ("    name: Second", "    name: Second\n    %s")


def said(where: tuple[str, str], words: str) -> tuple[str, str]:
    return where[0], where[1] % words


def at(country: str, *more: tuple[str, str]) -> str:
    return small(("country: NO", f"country: {country}"), BRITISH[1], *more)


@pytest.mark.parametrize(("country", "differs", "part"), PLACES)
def test_texts_wait_only_for_holidays_of_a_place_that_is_known(country: str, differs: bool, part: str) -> None:
    mistakes = errors(at(country))
    assert [error.where for error in mistakes] == (["subdivision"] if differs else [])
    assert all(code in mistakes[0].remedy for code in (part, "`subdivision:`")) if differs else True
    assert errors(at(country, ("holidays: wait", "holidays: send"))) == []
    if differs:
        assert errors(small(("country: NO", f'country: {country}\nsubdivision: "{part}"'), BRITISH[1])) == []


KNOWN = sorted(code for code in list_supported_countries() if len(code) == 2 and code in SUPPORTED_REGIONS)
"""Every country whose public holidays the library knows and that has telephones."""


def assert_only_its_own_days_hold(country: str) -> None:
    whole = at(country, (f"country: {country}", f"country: {country}\nsubdivision: national"))
    protocol = read(whole)
    assert protocol.place("01") == Locality(country, None)
    off, days = holidays_at(protocol, "01"), [date(2026, 1, 1) + timedelta(days=number) for number in range(730)]
    assert [day for day in days if day in off] == sorted(country_holidays(country, years=[2026, 2027]))
    part = next(iter(subdivisions(country)), None)
    refused = [] if part is None or not differs_within(country) else ["subdivision"]
    mistakes = errors(at(country))
    assert [error.where for error in mistakes] == refused
    assert all("or national if only the days of the whole country" in error.remedy for error in mistakes)


@pytest.mark.parametrize("country", [country for country, _, _ in PLACES])
def test_only_the_days_of_all_of_a_country_may_be_made_to_hold(country: str) -> None:
    assert_only_its_own_days_hold(country)


@pytest.mark.parametrize("country", KNOWN)
def test_of_every_country_only_the_days_of_all_of_it_may_be_made_to_hold(country: str) -> None:
    assert_only_its_own_days_hold(country)


ONLY = "Only public holidays of the whole country hold at {}: on those of its parts texts leave as on any day."


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ([("country: GB", "country: GB\nsubdivision: national")], ONLY.format("01, 02")),
        ([("country: GB", "country: GB\nsubdivision: national"), ("holidays: wait", "holidays: send")], None),
        ([said(FIRST, "subdivision: SCT"), said(SECOND, "subdivision: national")], ONLY.format("02")),
        ([("country: GB", "country: GB\nsubdivision: national"), said(FIRST, "country: NO")], ONLY.format("02")),
        ([("country: GB", "country: GB\nsubdivision: ENG")], None),
    ],
    ids=["both", "sent on holidays", "one of two", "the other abroad", "a part"],
)
def test_where_only_the_days_of_all_hold_it_is_told_before_anything_is_sent(
    changes: list[tuple[str, str]], sentence: str | None
) -> None:
    notes = read(small(*BRITISH, *changes)).notes
    assert [note for note in notes if "whole country" in note] == ([sentence] if sentence else [])


def test_the_refusal_says_which_parts_there_are() -> None:
    (refused,) = errors(at("GB"))
    assert "not all parts of GB have the same public holidays" in refused.message
    assert "one of ENG (England), NIR (Northern Ireland), SCT (Scotland), WLS (Wales)" in refused.remedy


@pytest.mark.parametrize(
    ("country", "part", "remedy"),
    [
        ("GB", "SCT", None),
        ("GB", "Scotland", None),
        ("DE", "BY", None),
        ("NO", "03", None),  # a part that has no days of its own is one all the same
        ("GB", "Scottland", "Did you mean `Scotland`?"),
        ("GB", "SC", "Did you mean `SCT`?"),
        ("GB", "national", None),
        ("SE", "national", None),  # all of it is one
        ("GB", "nationale", "Did you mean `national`?"),
        ("DE", "Texas", "Use one of: "),
        ("SE", "AB", "Leave it out"),
    ],
)
def test_a_part_that_the_country_does_not_have_is_refused(country: str, part: str, remedy: str | None) -> None:
    mistakes = errors(small(("country: NO", f'country: {country}\nsubdivision: "{part}"'), BRITISH[1]))
    assert [error.where for error in mistakes] == ([] if remedy is None else ["subdivision"])
    assert all(str(remedy) in error.remedy for error in mistakes)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ([said(FIRST, "subdivision: SCT")], ["subdivision"]),  # the second has none
        ([said(FIRST, "subdivision: SCT"), said(SECOND, "subdivision: ENG")], []),
        ([said(FIRST, "subdivision: SCT"), said(SECOND, "country: NO")], []),
        ([said(FIRST, "subdivision: SCT"), said(SECOND, "country: DE")], ["sites.02.subdivision"]),
        ([said(FIRST, "subdivision: SCT"), said(SECOND, "country: DE\n    subdivision: BY")], []),
        (
            [said(FIRST, "subdivision: SCT"), said(SECOND, "country: DE\n    subdivision: ENG")],
            ["sites.02.subdivision"],
        ),
        ([said(FIRST, "subdivision: BY"), said(SECOND, "subdivision: ENG")], ["sites.01.subdivision"]),
        ([said(FIRST, "subdivision: SCT"), said(SECOND, "country: GB\n    subdivision: ENG")], []),
        ([said(FIRST, "subdivision: SCT"), said(SECOND, "subdivision: national")], []),
        ([said(FIRST, "subdivision: SCT"), said(SECOND, "country: FR\n    subdivision: national")], []),
        ([said(FIRST, "subdivision: SCT"), said(SECOND, "country: FR")], ["sites.02.subdivision"]),
        ([said(FIRST, "subdivision: SCT"), said(SECOND, "country: ZZ")], ["sites.02.country"]),
        ([said(FIRST, "subdivision: SCT"), said(SECOND, "country: AC")], ["sending.holidays"]),
    ],
)
def test_each_site_may_be_in_another_part_or_country(changes: list[tuple[str, str]], wrong: list[str]) -> None:
    assert [error.where for error in errors(small(*BRITISH, *changes))] == wrong


def test_a_site_is_where_it_says_or_else_where_the_protocol_is() -> None:
    protocol = read(
        small(
            ("country: NO", "country: GB\nsubdivision: ENG"), BRITISH[1], said(FIRST, "subdivision: SCT"),
            said(SECOND, "country: NO"),
        )
    )  # fmt: skip
    places = [protocol.place(code) for code in ("01", "02", "99")]
    assert places == [Locality("GB", "SCT"), Locality("NO", None), Locality("GB", "ENG")]
    assert from_dict(protocol.to_dict()) == protocol


def test_a_site_abroad_may_write_its_telephone_as_they_do_there() -> None:
    text = small(said(SECOND, "country: GB"), ('"+47 21 23 45 62"', '"020 7946 0018"'), ("wait", "send"))
    assert read(text).site("02").phone == "+442079460018"
    assert [error.where for error in errors(small(('"+47 21 23 45 62"', '"020 7946 0018"')))] == ["sites.02.phone"]


@pytest.mark.parametrize(
    ("words", "wrong", "message"),
    [
        ('holidays_added: ["12-24", 2026-05-15]', [], ""),
        ("holidays_added: [12-24]", [], ""),
        ('holidays_added: ["02-29"]', [], ""),
        ("holidays_dropped: [2027-05-17]", [], ""),
        ("holidays_added: []", [], ""),
        ('holidays_added: ["24.12"]', ["sending.holidays_added.#1"], '"24.12" is not a day'),
        ("holidays_added: [2026-02-29]", ["sending.holidays_added.#1"], "is not a day"),
        ("holidays_added: [13-01]", ["sending.holidays_added.#1"], "is not a day"),
        ("holidays_added: [20261224]", ["sending.holidays_added.#1"], "is not a day"),
        ("holidays_dropped: [Christmas]", ["sending.holidays_dropped.#1"], "is not a day"),
        ("holidays_dropped: 2027-05-17", ["sending.holidays_dropped"], "is not a list"),
        ("holidays_added: [12-24], holidays_dropped: [12-24]", ["sending.holidays_dropped.#1"], "is also among"),
        ("holidays_added: [12-24], holidays_dropped: [2026-12-24]", [], ""),
    ],
)
def test_days_may_be_added_and_dropped_by_date_or_for_every_year(words: str, wrong: list[str], message: str) -> None:
    mistakes = errors(small(("holidays: wait", f"holidays: wait, {words}")))
    assert [error.where for error in mistakes] == wrong
    assert all(message in error.message for error in mistakes)


def test_days_cannot_be_changed_where_holidays_are_days_like_others() -> None:
    mistakes = errors(small(("holidays: wait", "holidays: send, holidays_added: [12-24]")))
    assert [error.where for error in mistakes] == ["sending.holidays_added.#1"]


def test_what_an_older_file_does_not_say_makes_no_other_protocol_of_it() -> None:
    plain = read(small()).to_dict()
    assert {"subdivision", "holidays_added", "holidays_dropped"}.isdisjoint({*plain, *plain["sending"]})
    assert set(plain["sites"][0]) == {"code", "name", "sender", "phone"}
    assert plain["windows"]["before"]["reminders"] == [], "what a file must say stays, also when it is empty"


def test_what_we_know_of_places_comes_from_the_calendars() -> None:
    assert [has_holidays(country) for country in ("NO", "GB", "AC")] == [True, True, False]
    assert subdivisions("SE") == {}
    assert subdivisions("GB")["SCT"] == "Scotland"
    assert differs_within("GB")
    assert not differs_within("NO")


def added(first: date, count: int, form: str = "%Y-%m-%d") -> str:
    """So many days of a row, as a protocol adds them."""
    return ", ".join(f'"{first + timedelta(days=number):{form}}"' for number in range(count))


YEARLY = "%m-%d"
ROWS = [
    # days added, and where the row begins and ends that is refused
    (added(date(2026, 7, 1), 59), None),
    (added(date(2026, 7, 1), 60), "from 2026-07-01 to 2026-08-29: 60 days"),
    (added(date(2026, 7, 1), 62), "from 2026-07-01 to 2026-08-31: 62 days"),
    (added(date(2026, 11, 10), 90), "from 2026-11-10 to 2027-02-07: 90 days"),  # over the new year
    (added(date(2026, 10, 26), 59), None),  # the day before Christmas Eve is the last
    (added(date(2026, 10, 27), 59), "from 2026-10-27 to 2026-12-26: 61 days"),  # and here Boxing Day
    (added(date(2024, 7, 1), 62, YEARLY), "from 2027-07-01 to 2027-08-31: 62 days"),
    (added(date(2024, 1, 2), 59, YEARLY), "from 2028-01-01 to 2028-02-29: 60 days"),  # a leap year has one more
    (added(date(2024, 12, 1), 70, YEARLY), "from 2027-12-01 to 2028-02-08: 70 days"),
    (added(date(2024, 7, 1), 30, YEARLY) + ", " + added(date(2031, 7, 31), 30), "from 2031-07-01 to 2031-08-29"),
    (added(date(2024, 1, 1), 366, YEARLY), "days off in a row"),
    (added(date(9999, 1, 1), 90), None),  # no study lasts until then
    ('"24.12", "0000-00-00"', None),  # no days at all: that is refused by itself
]


@pytest.mark.parametrize(("days", "row"), ROWS, ids=range(len(ROWS)))
def test_days_off_for_whose_end_no_text_would_wait_are_refused(days: str, row: str | None) -> None:
    mistakes = errors(small(("holidays: wait", f"holidays: wait, holidays_added: [{days}]")))
    refused = [error for error in mistakes if "no text could leave" in error.message]
    assert [error.where for error in refused] == (["sending.holidays_added"] if row else [])
    assert all(row and row in error.message for error in refused)


@pytest.mark.parametrize(("dropped", "refused"), [("12-26", 0), ("2026-12-26", 0), ("2025-12-26", 1), ("07-31", 1)])
def test_a_day_that_is_dropped_ends_a_row_of_days_off(dropped: str, refused: int) -> None:
    """From Boxing Day to the twenty-third of February."""
    days = added(date(2026, 12, 27), 59)
    every = f"holidays: wait, holidays_added: [{days}], holidays_dropped: [{dropped}]"
    assert len(errors(small(("holidays: wait", every)))) == refused


def test_a_row_of_every_year_is_refused_though_one_year_is_without_it() -> None:
    days = added(date(2024, 7, 1), 62, YEARLY)
    every = f"holidays: wait, holidays_added: [{days}], holidays_dropped: [2027-07-31]"
    assert ["from 2028-07-01" in error.message for error in errors(small(("holidays: wait", every)))] == [True]


def test_the_row_is_looked_for_at_each_site_with_its_own_holidays() -> None:
    """Fifty-nine days up to the first of May, which is a holiday in Norway and not in England in 2026."""
    days = f"holidays: wait, holidays_added: [{added(date(2026, 3, 3), 59)}]"
    (refused,) = errors(small(("holidays: wait", days)))
    assert "from 2026-03-03 to 2026-05-01: 60 days" in refused.message
    english = [*BRITISH, ("country: GB", "country: GB\nsubdivision: ENG"), ("holidays: wait", days)]
    assert errors(small(*english)) == []
    assert len(errors(small(*english, said(SECOND, "country: NO")))) == 1

"""Public holidays in the protocol file: whose they are must be known, and a protocol may change them."""

from __future__ import annotations

import pytest

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


def at(country: str, *more: tuple[str, str]) -> str:
    return small(("country: NO", f"country: {country}"), BRITISH[1], *more)


@pytest.mark.parametrize(("country", "differs", "part"), PLACES)
def test_texts_wait_only_for_holidays_of_a_place_that_is_known(country: str, differs: bool, part: str) -> None:
    found = errors(at(country))
    assert [error.where for error in found] == (["subdivision"] if differs else [])
    assert all(code in found[0].remedy for code in (part, "`subdivision:`")) if differs else True
    assert errors(at(country, ("holidays: wait", "holidays: send"))) == []
    if differs:
        assert errors(small(("country: NO", f'country: {country}\nsubdivision: "{part}"'), BRITISH[1])) == []


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
        ("DE", "Texas", "Use one of: "),
        ("SE", "AB", "Leave it out"),
    ],
)
def test_a_part_that_the_country_does_not_have_is_refused(country: str, part: str, remedy: str | None) -> None:
    found = errors(small(("country: NO", f'country: {country}\nsubdivision: "{part}"'), BRITISH[1]))
    assert [error.where for error in found] == ([] if remedy is None else ["subdivision"])
    assert all(str(remedy) in error.remedy for error in found)


FIRST, SECOND = ("    name: First", "    name: First\n    %s"), ("    name: Second", "    name: Second\n    %s")


def said(where: tuple[str, str], words: str) -> tuple[str, str]:
    return where[0], where[1] % words


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
    found = errors(small(("holidays: wait", f"holidays: wait, {words}")))
    assert [error.where for error in found] == wrong
    assert all(message in error.message for error in found)


def test_days_cannot_be_changed_where_holidays_are_days_like_others() -> None:
    found = errors(small(("holidays: wait", "holidays: send, holidays_added: [12-24]")))
    assert [error.where for error in found] == ["sending.holidays_added.#1"]


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

"""A list of people is imported whole or not at all; what is wrong is said by row and column; twice changes nothing."""

import io
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from flask import Flask
from openpyxl import Workbook
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.roles import Role
from app.core.problems import BadInput, Conflict
from app.core.time import moved_clock
from app.participants.going_on import transfer
from app.participants.import_files import Row, parts_of, read_list
from app.participants.importing import Imported, import_people
from app.participants.models import Consent, Contact, Participant
from app.studies.confining import confine
from app.studies.installing import install, site
from app.studies.models import Protocol, StudyState
from app.studies.sites import follow
from tests.api.conftest import Program
from tests.factories import NOW, backtobasic, command, example, user
from tests.odd_dates import ODD_DAYS

HEAD = "site,phone,consent,enrolled_on,code,name,language"
FIRST, SECOND = "01,40612345,1.0,2026-02-20,01-007,Åse,nb", "02,40612346,1.0,2026-02-21,,,"
LIST = f"{HEAD}\n{FIRST}\n{SECOND}\n"


@pytest.fixture
def protocol(session: Session) -> Protocol:
    return backtobasic()


def imported(protocol: Protocol, content: str) -> Imported:
    sites = {code: site(protocol.study, code) for code in ("01", "02")}
    return import_people(read_list(content.encode(), "list.csv"), sites, protocol.study, NOW)


def people(session: Session) -> int:
    return session.scalar(select(func.count(Participant.id))) or 0


def xlsx(*rows: tuple[Any, ...]) -> bytes:
    book, file = Workbook(), io.BytesIO()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def test_everybody_of_the_list_is_enrolled_with_what_it_says(session: Session, protocol: Protocol) -> None:
    assert imported(protocol, LIST) == Imported(("01-007", "02-001"), ())
    person = session.scalars(select(Participant).filter_by(code="01-007")).one()
    assert (person.site.code, person.language, str(person.enrolled_on)) == ("01", "nb", "2026-02-20")
    assert (person.contact.phone, person.contact.name) == ("+4740612345", "Åse")
    assert session.scalars(select(Consent.document)).all() == ["1.0", "1.0"]


def test_the_same_list_again_changes_nothing_and_a_longer_one_adds(session: Session, protocol: Protocol) -> None:
    imported(protocol, LIST)
    assert imported(protocol, LIST) == Imported((), ("01-007", "02-001"))
    assert imported(protocol, LIST + "01,40612347,1.0,2026-02-22,,,\n") == Imported(("01-008",), ("01-007", "02-001"))
    assert people(session) == 3


def test_a_row_that_stands_twice_is_one_person(session: Session, protocol: Protocol) -> None:
    assert imported(protocol, f"{LIST}{FIRST}\n{SECOND}\n") == Imported(("01-007", "02-001"), ("01-007", "02-001"))


@pytest.mark.parametrize(
    ("row", "places"),
    [
        ("03,40612345,1.0,2026-02-20,,,", {"row 4, site"}),
        ("01,12,1.0,2026-02-20,,,", {"row 4, phone"}),
        ("01,40612348,,2026-02-20,,,", {"row 4, consent"}),
        ("01,40612348,1.0,20.02.2026,,,", {"row 4, enrolled_on"}),
        ("01,40612348,1.0,2027-02-20,,,", {"row 4, enrolled_on"}),
        ("01,40612348,1.0,2026-02-20,02-500,,", {"row 4, code"}),
        ("01,40612348,1.0,2026-02-20,,,xx", {"row 4, language"}),
        ("01,40612349,1.0,2026-02-20,01-007,,", {"row 4, phone"}),
        ("02,40612345,1.0,2026-02-20,01-007,,", {"row 4, site"}),
        ("01,40612345,1.0,2026-02-19,,,", {"row 4, phone"}),  # the number is hers of 01-007
        ("99,1,1.0,never,,,", {"row 4, site", "row 4, enrolled_on"}),
        (f"01,40612348,1.0,2026-02-20,,{'x' * 201},", {"row 4, name"}),
    ],
)
def test_what_is_wrong_is_said_by_row_and_column_and_nobody_is_enrolled(
    session: Session, protocol: Protocol, row: str, places: set[str]
) -> None:
    with pytest.raises(BadInput, match="Nobody was enrolled") as caught:
        imported(protocol, f"{LIST}{row}\n")
    assert set(caught.value.errors) == places
    assert people(session) == session.scalar(select(func.count(Contact.id))) == 0


@pytest.mark.parametrize("day", ODD_DAYS)
def test_a_day_that_nobody_means_is_no_day_of_enrolment(session: Session, protocol: Protocol, day: str) -> None:
    with pytest.raises(BadInput, match="Nobody was enrolled") as caught:
        imported(protocol, f"{LIST}01,40612348,1.0,{day},,,\n")
    assert set(caught.value.errors) == {"row 4, enrolled_on"}
    assert people(session) == 0


def test_all_rows_are_looked_at(session: Session, protocol: Protocol) -> None:
    with pytest.raises(BadInput) as caught:
        imported(protocol, f"{HEAD}\n01,1,1.0,2026-02-20,,,\n{FIRST}\n02,2,1.0,2026-02-20,,,\n")
    assert set(caught.value.errors) == {"row 2, phone", "row 4, phone"}


def test_a_study_that_does_not_enrol_takes_no_list(session: Session, protocol: Protocol) -> None:
    protocol.study.state = StudyState.RECRUITING_STOPPED
    with pytest.raises(Conflict, match="cannot enrol people"):
        imported(protocol, LIST)


ROW: Mapping[str, str] = {"site": "01", "phone": "40612345", "consent": "1.0", "enrolled_on": "2026-02-20"}
NAMES = ("site", "phone", "consent", "enrolled_on")
ONLY = ",".join(NAMES)
LACKS = "This column is missing."
SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def sheet_of(content: str) -> bytes:
    """A workbook whose sheet is this instead."""
    made, file = ZipFile(io.BytesIO(xlsx(NAMES))), io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as workbook:
        for part in made.namelist():
            is_sheet = part == "xl/worksheets/sheet1.xml"
            workbook.writestr(part, content if is_sheet else made.read(part))
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"site,phone,consent,enrolled_on\n01,40612345,1.0,2026-02-20\n", "a.csv"),
        ("\ufeffSite;Phone;Consent;Enrolled on\r\n01;40612345;1.0;2026-02-20\r\n;;;\r\n".encode(), "a.CSV"),
        ("site\tphone\tconsent\tenrolled_on\n01\t 40612345 \t1.0\t2026-02-20\n".encode("utf-16"), "a.txt"),
        (b'site,phone,consent,enrolled_on\n"01","40612345","1.0","2026-02-20"', "a.csv"),
        (b"site,phone,consent,enrolled_on\r01,40612345,1.0,2026-02-20\r", "a.csv"),  # of older Macs
        (xlsx(NAMES, ("01", "40612345", "1.0", "2026-02-20")), "a.xlsx"),
        (xlsx(NAMES, ("01", "40612345", "1.0", "2026-02-20")), "a"),
        (xlsx((*NAMES, None), ("01", 40612345, "1.0", date(2026, 2, 20)), (None,) * 4), "a.XLSX"),
    ],
)
def test_a_list_is_read_as_spreadsheets_of_any_country_write_it(content: bytes, name: str) -> None:
    assert read_list(content, name) == [ROW]


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "a.csv", "is empty"),
        (b"\n\n", "a.csv", "is empty"),
        (b"site,phone,consent\n", "a.csv", "The first row names the columns"),
        (b"site,phone,consent,enrolled_on,arm\n", "a.csv", "The first row names the columns"),
        (b"site,site,phone,consent,enrolled_on\n", "a.csv", "The first row names the columns"),
        ("site,phone,consent,enrolled_on\n01,1,Å,2".encode("latin-1"), "a.csv", "not UTF-8"),
        (b"PK no workbook", "a.xlsx", "no XLSX"),
        (b"site,phone,consent,enrolled_on\n" + b"01,1,1,1\n" * 5001, "a.csv", "at most 5000"),
        (xlsx(NAMES, *[("01", 1, "1", "1")] * 5001), "a.xlsx", "at most 5000"),
        (f"{ONLY}\n".encode(), "a.csv", "nobody stands below"),
        (f"{ONLY}\n,,,\n".encode(), "a.csv", "nobody stands below"),
        (f"{ONLY}\n01,1\0,1,1\n".encode(), "a.csv", "no list that can be read"),
        (f"{ONLY}\n01,1,1,1\n".encode("utf-16-le"), "a.csv", "no list that can be read"),
        (f'{ONLY}\n"{"x" * 140_000}'.encode(), "a.csv", "no list that can be read"),
        (b"\xff\xfe\xff", "a.csv", "not UTF-8"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 of before 2007", "a.xls", "not UTF-8"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 with a password", "a.xlsx", "no XLSX"),
        (f"{ONLY}\n01,1,1,1\n".encode(), "a.xlsx", "no XLSX"),
        (sheet_of("<worksheet><sheetData><row"), "a.xlsx", "no XLSX"),
        (sheet_of("no XML at all"), "a.xlsx", "no XLSX"),
        (sheet_of(f"<worksheet>{' ' * 20_000_000}</worksheet>"), "a.xlsx", "far more than a list"),
        (xlsx(NAMES)[:-40], "a.csv", "no XLSX"),
    ],
)
def test_what_is_no_list_is_refused_with_what_to_do(content: bytes, name: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        read_list(content, name)


@pytest.mark.parametrize("cell", ['<c r="XFD3"><v>1</v></c>', '<c t="s"><v>99</v></c>', '<c t="d"><v>never</v></c>'])
def test_a_sheet_that_is_made_to_grow_or_to_break_is_refused_at_once(cell: str) -> None:
    rows = "".join(f'<row r="{number}">{cell}</row>' for number in (3, 900_000_000))
    with pytest.raises(BadInput):
        read_list(sheet_of(f'<worksheet xmlns="{SHEETS}"><sheetData>{rows}</sheetData></worksheet>'), "a.xlsx")


@pytest.mark.parametrize(
    ("head", "places"),
    [
        (f"{ONLY},arm", {"row 1, arm": "The list has no such column."}),
        (f"{ONLY},arm,arm", {"row 1, arm": "The list has no such column."}),
        (f"{ONLY},,code", {"row 1, (no name)": "The list has no such column."}),
        (f"{ONLY},site", {"row 1, site": "This column stands twice."}),
        ("site,phone,consent", {"row 1, enrolled_on": "This column is missing."}),
        (
            "sep=;",
            {"row 1, sep=": "The list has no such column."} | dict.fromkeys(map("row 1, {}".format, NAMES), LACKS),
        ),
    ],
)
def test_what_is_wrong_with_the_first_row_is_said_by_column(head: str, places: Mapping[str, str]) -> None:
    with pytest.raises(BadInput) as caught:
        read_list(f"{head}\n01,40612345,1.0,2026-02-20\n".encode(), "a.csv")
    assert caught.value.errors == places
    assert [parts_of(each) for each in places] == [("1", each.removeprefix("row 1, ")) for each in places]


def test_a_row_is_called_by_its_number_in_the_sheet_also_below_empty_ones(session: Session, protocol: Protocol) -> None:
    with pytest.raises(BadInput) as caught:
        imported(protocol, f"{HEAD}\n\n{FIRST}\n,,,\n02,12,1.0,2026-02-20,,,\n")
    assert set(caught.value.errors) == {"row 5, phone"}
    sheet = xlsx(NAMES, (None,) * 4, ("01", "40612345", "1.0", "2026-02-20"))
    assert read_list(sheet, "a.xlsx") == [{}, ROW]


def test_a_name_with_a_comma_of_its_own_is_not_cut_off_silently() -> None:
    head, row = f"{ONLY},name", "01,40612345,1.0,2026-02-20,"
    with pytest.raises(BadInput, match="more cells") as caught:
        read_list(f"{head}\n{row}Kari\n{row}Nordmann, Kari\n".encode(), "a.csv")
    assert set(caught.value.errors) == {"row 3"}
    assert read_list(f'{head}\n{row}"Nordmann, Kari"\n'.encode(), "a.csv")[0]["name"] == "Nordmann, Kari"


def test_the_command_says_first_and_then_does(app: Flask, session: Session, protocol: Protocol, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text(LIST, "utf-8")
    session.commit()

    def run(*more: str, ends: int = 0) -> str:
        with moved_clock(lambda: NOW):
            done = command(app, "participants", "import", "backtobasic", str(file), *more)
        assert done.exit_code == ends, done.output
        session.rollback()
        return done.output

    assert run("--dry-run").endswith("2 people would be enrolled. Nothing was changed. 0 were there already.\n")
    assert people(session) == 0
    assert run() == "01-007\n02-001\n2 people enrolled. 0 were there already.\n"
    assert run().endswith("0 people enrolled. 2 were there already.\n")
    file.write_text(LIST.replace("40612346", "12"), "utf-8")
    assert "row 3, phone: " in run(ends=1)


def test_a_program_imports_at_its_own_sites_alone(app: Flask, session: Session, protocol: Protocol) -> None:
    from app.accounts import tokens
    from app.accounts.roles import Permission

    someone = user(protocol.study, Role.COORDINATOR, "01")
    _, secret = tokens.issue(someone, tuple(Permission), NOW.replace(year=2027), NOW)
    session.commit()
    own, path = Program(app, secret), "/studies/backtobasic/participant-imports"
    rows: list[Row] = [ROW]
    foreseen = own.post(path, {"rows": rows, "dry_run": True})
    assert (foreseen.status_code, foreseen.json) == (200, {"enrolled": ["01-001"], "unchanged": []})
    assert people(session) == 0
    assert own.post(path, {"rows": rows}).json == {"enrolled": ["01-001"], "unchanged": []}
    assert own.post(path, {"rows": rows}).json == {"enrolled": [], "unchanged": ["01-001"]}
    refused = own.post(path, {"rows": [{**ROW, "site": "02"}]})
    assert refused.status_code == 400
    assert refused.json is not None
    assert refused.json["errors"] == {"row 2, site": "Write one of: 01."}
    assert own.post(path, {"rows": [{**ROW, "arm": "x"}]}).status_code == 400


def test_each_site_enrols_under_the_version_that_it_follows(session: Session, protocol: Protocol) -> None:
    newer = install(example({'version: "1.0"': 'version: "2.0"'}), NOW + timedelta(days=1))
    follow(site(protocol.study, "01"), protocol)
    imported(protocol, LIST)
    people = session.scalars(select(Participant).order_by(Participant.code))
    assert [(person.code, person.protocol) for person in people] == [("01-007", protocol), ("02-001", newer)]


def test_a_list_of_one_site_takes_no_code_of_whoever_went_on_at_another(session: Session, protocol: Protocol) -> None:
    imported(protocol, LIST)
    moved = session.scalars(select(Participant).filter_by(code="01-007")).one()
    transfer(moved, site(protocol.study, "02"), NOW)
    session.flush()
    session.expire_all()
    own = {"01": site(protocol.study, "01")}
    confine([own["01"].id])
    rows = read_list(f"{HEAD}\n01,40612399,1.0,2026-02-20,,,\n".encode(), "list.csv")
    assert import_people(rows, own, protocol.study, NOW) == Imported(("01-008",), ())

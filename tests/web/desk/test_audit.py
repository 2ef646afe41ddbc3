"""The trail on the desk: who may read it, what stands in a line, its file, and what a review looks at."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app import __file__ as package
from app.accounts.roles import Permission, Role
from app.core.audit import AuditEntry
from app.exports.reads import note_read
from app.responses.models import Mode, Response
from app.studies.access import scope
from app.web.desk.audit import ACTORS
from tests.factories import NOW, Browser, participant, submitted, user, visit
from tests.web.desk.desks import DESK, Desk


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.INVESTIGATOR, 200), (Role.DATA_MANAGER, 200), (Role.MONITOR, 200), (Role.COORDINATOR, 403),
        (Role.STATISTICIAN, 403), (Role.ADMINISTRATOR, 403),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["audit/", "audit/trail.csv", "audit/review"])
def test_whose_role_reads_the_trail_reads_all_of_it(desk: Desk, app: Flask, role: Role, status: int, path: str) -> None:
    browser = Browser(app, user(desk.protocol.study, role))
    desk.session.commit()
    assert browser.get(DESK + path).status_code == status


def test_a_line_says_who_when_what_before_and_after_why_and_by_which_request(desk: Desk) -> None:
    person = desk.someone()
    answer = desk.send(person, "withdrawal", reason="Moved away")
    page = desk.page("audit/?table=participants")
    line = next(row for row in page.split("<tr>") if "withdrawal_reason" in row)
    for said in (
        "UTC", "Europe/Oslo", "Kari Nordmann, investigator", "update", person.code, "withdrawn_at: – →", "Moved away",
        f"request {answer.headers['X-Request-ID']}", "not sealed yet",
    ):  # fmt: skip
        assert said in line
    entry = desk.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert entry.request == answer.headers["X-Request-ID"]


def test_filters_stand_in_the_address_and_lead_to_older_pages(desk: Desk) -> None:
    for _ in range(12):
        desk.someone()
    page = desk.page("audit/?table=assessments&actor=test")
    older = re.search(r'href="([^"]+before=\d+[^"]*)">Older', page)
    assert older is not None
    assert "table=assessments" in older[1]
    assert desk.browser.get(older[1].replace("&amp;", "&")).status_code == 200
    refused = desk.browser.get(f"{DESK}audit/?since=tomorrow")
    assert (refused.status_code, "Write a day" in refused.text) == (400, True)


def test_the_file_is_what_the_page_shows(desk: Desk) -> None:
    person = participant(desk.protocol, name="Canary Nordmann", phone="+4740612345")
    text = desk.page(f"audit/trail.csv?participant={person.code}")
    assert text.startswith("id,at_utc,")
    assert person.code in text
    for canary in ("Canary", "40612345"):
        assert canary not in text


def test_a_review_names_what_is_worth_a_look(desk: Desk) -> None:
    hasty, late, shared = desk.someone(), desk.someone("02"), participant(desk.protocol, phone="+4740000001")
    participant(desk.protocol, phone="+4740000001")
    without_script = (hasty, "d21", 0, 1)
    for person, code, seconds, after in (
        (hasty, "d7", 19, 1),
        (hasty, "d14", 20, 1),
        without_script,
        (late, "d7", 60, 40),
    ):
        row = visit(person, code)
        at = row.opens_at + timedelta(hours=1) if after == 1 else row.closes_at + timedelta(minutes=after)
        submitted(row, at)
        row.opened_at = at - timedelta(seconds=seconds)
        desk.session.add(
            Response(
                assessment=row, submitted_at=at, mode=Mode.PAGE, language="nb", content="{}", sha256="0" * 64,
                instruments={},
            )
        )  # fmt: skip
    page = desk.page("audit/review")
    hastily, telephones, outside = (part.split("<h2>")[0] for part in page.split("<h2>")[2:5])
    assert (hastily.count(f">{hasty.code}<"), f">{late.code}<" in hastily) == (1, False)
    assert ">19</td>" in hastily
    assert shared.code in telephones
    assert late.code in outside
    assert ">40</td>" in outside


def test_a_review_says_what_programs_have_read(desk: Desk) -> None:
    site_scope = scope(desk.member, desk.protocol.study, Permission.READ_AUDIT)
    assert site_scope is not None
    for number, people in ((3, ["01-001"]), (4, ["01-001", "01-002"]), (0, [])):
        note_read(site_scope, "answers", people, number, by=f"user:{desk.member.id}", token_prefix="ab12", now=NOW)
    desk.session.commit()
    table = desk.page("audit/review").split("Read by programs")[1]
    assert "svar_ab12" in table
    assert [table.count(f'">{n}</td>') for n in (2, 7)] == [2, 1]  # twice, of two people at once; seven rows


def test_whoever_acts_can_be_asked_for_by_the_filter() -> None:
    """Each name under which the code says that somebody acts, up to what says which one it is."""
    names = re.compile(r"""(?:start_)?acting\(f?"([^"{]+)|SHELL = "([^"]+)"|set_config\('svar\.actor', '([a-z]+)""")
    folders = (Path(package).parent, Path(package).parent.parent / "migrations")
    files = [file for folder in folders for file in folder.rglob("*.py")]
    said = {next(filter(None, match)) for file in files for match in names.findall(file.read_text("utf-8"))}
    acting = {name.partition(":")[0].strip() for name in said}
    assert {"clock", "command line", "participant", "user"} <= acting
    assert acting <= set(ACTORS)


def test_the_filter_lists_them_in_bokmal(desk: Desk) -> None:
    page = desk.browser.get(f"{DESK}audit/", headers={"Accept-Language": "nb"}).text
    assert '<option value="command line">kommandolinje</option>' in page

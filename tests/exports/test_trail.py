"""The trail of a study: every change of hers to see, none of another site's or another study's, and whole as a file."""

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.roles import Permission, Role
from app.core.audit import AuditEntry, acting
from app.core.sealing import seal
from app.exports.csv_files import harmless, unguarded
from app.exports.trail import HEADS, EntryFilter, TrailEntry, tables, trail, trail_csv
from app.participants.enrolment import opt_out
from app.participants.following import write_note
from app.responses.answering import submit
from app.responses.corrections import Query, approve, ask
from app.schedule.models import NotDone
from app.schedule.not_done import note_not_done, take_back
from app.studies.access import Scope, admit
from app.studies.confining import confine
from app.studies.models import Protocol
from tests.factories import NOW, backtobasic, infused, participant, planned, user, visit
from tests.responses.visits import INFUSION, answers_to
from tests.responses.visits import participant as infused_participant

HOUR = timedelta(hours=1)


def scope(protocol: Protocol, role: Role = Role.INVESTIGATOR, at_site: str | None = None) -> Scope:
    """What somebody in this role may see; from here on the session shows no more than that."""
    someone = user(protocol.study, role, at_site)
    admitted = admit(someone, protocol.study.code, Permission.READ_AUDIT)
    confine(admitted.site_ids)
    return admitted


def about(entries: list[TrailEntry]) -> set[str]:
    return {each.participant for each in entries}


@pytest.fixture
def two_sites(session: Session) -> Protocol:
    protocol = backtobasic()
    for at_site in ("01", "02"):
        person = participant(protocol, at_site)
        planned(person, NOW.date())
        write_note(person, f"of {at_site}", "user:1", NOW)
    session.commit()
    return protocol


def test_who_works_at_one_site_sees_its_trail_and_no_others(two_sites: Protocol) -> None:
    entries = trail(scope(two_sites, at_site="01"), EntryFilter(), limit=1000)
    assert about(entries) == {"01-001", ""}
    assert {each.entry.table_name for each in entries if not each.participant} == {"public.studies"}
    assert {each.entry.table_name for each in entries} >= {
        "public.participants", "identifiers.contacts", "public.consents", "public.assessments", "public.staff_notes",
    }  # fmt: skip


def test_who_works_at_all_sites_sees_them_and_the_studys_own(two_sites: Protocol) -> None:
    entries = trail(scope(two_sites), EntryFilter(), limit=1000)
    assert about(entries) == {"01-001", "02-001", ""}
    assert {each.entry.table_name for each in entries} >= {
        "public.studies", "public.protocols", "public.sites", "public.memberships", "public.users",
    }  # fmt: skip


def test_another_study_is_not_in_it(two_sites: Protocol, session: Session) -> None:
    other = backtobasic(code="another")
    stranger = participant(other, "03").code
    session.commit()
    entries = trail(scope(two_sites), EntryFilter(), limit=1000)
    assert stranger not in about(entries)
    studies = {each.entry.row_id for each in entries if each.entry.table_name == "public.studies"}
    assert studies == {str(two_sites.study_id)}


def test_every_kind_of_row_of_a_participant_is_told_of_her(session: Session) -> None:
    person = infused_participant(language="en")
    d154, d7 = visit(person, "d154"), visit(person, "d7")
    coordinator, investigator = user(person.study, Role.COORDINATOR, "01"), user(person.study, Role.INVESTIGATOR, "01")
    at = INFUSION + timedelta(days=154)
    response = submit(d154, answers_to(d154), at, language="en")
    query = ask(response, Query("odi", "lifting", "4", "A slip", "Note"), coordinator, at + HOUR)
    approve(query, investigator, at + 2 * HOUR)
    opt_out(person, at)
    note_not_done(d7, NotDone.TOO_ILL, "", "user:1", d7.opens_at + HOUR)
    session.flush()
    take_back(d7, d7.opens_at + HOUR)
    session.commit()
    changed = set(session.scalars(select(AuditEntry.table_name).order_by(AuditEntry.id)))
    entries = trail(scope(person.protocol, at_site="01"), EntryFilter(), limit=5000)
    tables_shown = {each.entry.table_name for each in entries}
    assert changed - tables_shown == {
        "public.users",
        "public.memberships",
        "public.instruments",
        "public.protocols",
        "public.sites",
    }
    assert about(entries) == {"01-001", ""}
    undone = [each.entry.action for each in entries if each.entry.table_name == "public.visits_not_done"]
    assert undone == ["delete", "insert"]


@pytest.mark.parametrize(
    ("wanted", "actors"),
    [
        (EntryFilter(table="staff_notes"), {"clerk"}),
        (EntryFilter(table="contacts"), {"test"}),
        (EntryFilter(actor="clerk"), {"clerk"}),
        (EntryFilter(actor="cler"), set()),
        (EntryFilter(participant="01-001", actor="clerk"), {"clerk"}),
        (EntryFilter(participant="09-001"), set()),
        (EntryFilter(table="nothing"), set()),
        (EntryFilter(until=NOW - timedelta(days=9000)), set()),
        (EntryFilter(since=NOW + timedelta(days=36500)), set()),
    ],
)
def test_it_is_narrowed_by_whom_what_who_and_when(session: Session, wanted: EntryFilter, actors: set[str]) -> None:
    with acting("test"):
        protocol = backtobasic()
        person = participant(protocol)
        session.flush()
    with acting("clerk"):
        write_note(person, "words", "user:1", NOW)
        session.commit()
    with acting("test"):
        admitted = scope(protocol, at_site="01")
        session.flush()
    assert {each.entry.actor for each in trail(admitted, wanted, limit=1000)} == actors


def test_pages_follow_each_other_without_a_gap(two_sites: Protocol) -> None:
    admitted = scope(two_sites)
    whole = [each.entry.id for each in trail(admitted, EntryFilter(), limit=1000)]
    paged: list[int] = []
    while part := trail(admitted, EntryFilter(), paged[-1] if paged else None, 7):
        paged += [each.entry.id for each in part]
    assert paged == whole == sorted(whole, reverse=True)


def test_the_file_has_every_entry_and_nothing_that_a_spreadsheet_would_run(
    two_sites: Protocol, session: Session
) -> None:
    person = participant(two_sites)
    for note in ("=cmd()", "r;=HYPERLINK(1)", "x\n=1+1", "＝1", "\t=1", "-1+cmd()"):
        write_note(person, note, "user:1", NOW)
    session.commit()
    admitted = scope(two_sites)
    rows = list(csv.reader(io.StringIO("".join(trail_csv(admitted, EntryFilter())))))
    assert tuple(rows[0]) == HEADS
    assert [int(row[0]) for row in rows[1:]] == [each.entry.id for each in trail(admitted, EntryFilter(), limit=5000)]
    assert not [cell for row in rows for cell in row if cell != harmless(unguarded(cell))]
    assert len([row for row in rows if ";'=HYPERLINK" in row[HEADS.index("new")]]) == 1
    assert {row[-1] for row in rows[1:]} == {"no"}


def test_it_says_what_a_seal_covers(two_sites: Protocol, session: Session) -> None:
    for _ in range(2):
        seal(NOW)
        session.commit()
    entries = trail(scope(two_sites), EntryFilter(), limit=5000)
    assert {each.sealed for each in entries} == {True, False}
    assert all(each.sealed for each in entries[len(entries) // 2 :])


def test_the_session_is_confined_again_afterwards(two_sites: Protocol, session: Session) -> None:
    from app.participants.models import Participant

    admitted = scope(two_sites, at_site="01")
    trail(admitted, EntryFilter())
    assert session.scalars(select(Participant.code).order_by(Participant.code)).all() == ["01-001"]
    assert session.scalars(select(AuditEntry.id).limit(1)).all() == []


def test_changes_are_told_column_by_column(session: Session) -> None:
    protocol = backtobasic()
    person = participant(protocol)
    session.commit()
    infused(person, NOW)
    session.commit()
    entries = trail(scope(protocol, at_site="01"), EntryFilter(table="events"))
    (inserted,) = entries
    assert {name: (old, new) for name, old, new in inserted.changes}["kind"] == (None, "first_infusion")


def test_every_audited_table_of_people_is_among_those_to_choose_from() -> None:
    assert {"participants", "contacts", "answers", "corrections", "staff_entries", "memberships"} <= set(tables())

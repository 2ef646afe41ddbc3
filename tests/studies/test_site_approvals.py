"""A site of patients is active only with its ethics approval: the day, and the committee's reference."""

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.audit import AuditEntry
from app.core.problems import BadInput, Conflict, Problem
from app.core.time import moved_clock
from app.studies.installing import install, site
from app.studies.models import Site, StudyState
from app.studies.sites import NEEDS_APPROVAL, Approval, activate, approve, close_site
from tests.factories import NOW, command, installed
from tests.studies.protocol.second import SECOND

TODAY = NOW.date()
GIVEN = Approval(date(2026, 2, 1), "REK 2026/1234")
BECAUSE = ("--reason", "the committee's letter")
FORM = ("--approved-on", "2026-02-01", "--reference", "REK 2026/1234")


@pytest.fixture
def waiting(session: Session) -> Site:
    """A site of a live study, which came with its protocol and has no approval yet."""
    return site(install(SECOND, NOW, state=StudyState.LIVE).study, "01")


@pytest.mark.parametrize(
    ("state", "active"),
    [(StudyState.SETUP, True), (StudyState.DEMO, True), (StudyState.LIVE, False)],
)
def test_a_new_site_is_for_practice_alone_until_it_is_approved(
    session: Session, state: StudyState, active: bool
) -> None:
    protocol = install(SECOND, NOW, state=state)
    assert set(session.scalars(select(Site.active).filter_by(study_id=protocol.study_id))) == {active}


def test_a_site_that_an_amendment_adds_to_a_live_study_waits_for_its_approval(session: Session) -> None:
    first = installed(SECOND, state=StudyState.LIVE)
    later = SECOND.replace('version: "1"', 'version: "2"').replace('code: "02"', 'code: "03"')
    install(later, NOW + timedelta(days=1))
    states = {row.code: row.active for row in session.scalars(select(Site).filter_by(study_id=first.study_id))}
    assert states == {"01": True, "02": True, "03": False}


def test_it_begins_with_its_approval_and_not_without(waiting: Site) -> None:
    with pytest.raises(BadInput) as caught:
        activate(waiting, None, TODAY)
    assert (caught.value.detail, waiting.active) == (NEEDS_APPROVAL, False)
    activate(waiting, GIVEN, TODAY)
    assert (waiting.active, waiting.approved_on, waiting.approval_reference) == (True, GIVEN.on, GIVEN.reference)


def test_a_site_that_was_closed_begins_again_by_the_approval_that_it_has(waiting: Site) -> None:
    activate(waiting, GIVEN, TODAY)
    close_site(waiting)
    activate(waiting, None, TODAY)
    assert (waiting.active, waiting.approved_on) == (True, GIVEN.on)


def test_an_approval_can_be_recorded_before_the_site_begins_and_put_right_later(waiting: Site) -> None:
    approve(waiting, GIVEN, TODAY)
    assert waiting.active is False
    activate(waiting, None, TODAY)
    approve(waiting, Approval(date(2026, 2, 2), " REK  2026/1235 "), TODAY)
    assert (waiting.active, waiting.approved_on, waiting.approval_reference) == (
        True,
        date(2026, 2, 2),
        "REK 2026/1235",
    )


@pytest.mark.parametrize(
    ("on", "reference", "named"),
    [
        (TODAY + timedelta(days=1), "REK 1", {"approved_on"}),
        (date(1974, 12, 31), "REK 1", {"approved_on"}),
        (date(1, 1, 1), "REK 1", {"approved_on"}),
        (TODAY, "", {"approval_reference"}),
        (TODAY, " \t ", {"approval_reference"}),
        (TODAY, "R" * 201, {"approval_reference"}),
        (date(9999, 12, 31), "", {"approved_on", "approval_reference"}),
    ],
)
def test_an_approval_that_cannot_be_is_refused_and_nothing_begins(
    waiting: Site, on: date, reference: str, named: set[str]
) -> None:
    for act in (activate, approve):
        with pytest.raises(BadInput) as caught:
            act(waiting, Approval(on, reference), TODAY)
        assert set(caught.value.errors) == named
    assert (waiting.active, waiting.approved_on) == (False, None)


@pytest.mark.parametrize(("on", "reference"), [(TODAY, "R"), (date(1975, 1, 1), "R" * 200)])
def test_an_approval_at_the_edges_is_taken(waiting: Site, on: date, reference: str) -> None:
    activate(waiting, Approval(on, reference), TODAY)
    assert (waiting.active, waiting.approved_on) == (True, on)


@pytest.mark.parametrize("act", ["activate", "approve", "close"])
def test_nothing_of_a_site_changes_in_a_study_that_is_closed(waiting: Site, act: str) -> None:
    waiting.study.state = StudyState.CLOSED
    acts = {
        "activate": lambda: activate(waiting, GIVEN, TODAY),
        "approve": lambda: approve(waiting, GIVEN, TODAY),
        "close": lambda: close_site(waiting),
    }
    with pytest.raises(Problem, match="is closed"):
        acts[act]()


def test_what_it_is_already_is_said_once(waiting: Site) -> None:
    with pytest.raises(Conflict, match="closed already"):
        close_site(waiting)
    activate(waiting, GIVEN, TODAY)
    with pytest.raises(Conflict, match="active already"):
        activate(waiting, GIVEN, TODAY)


def test_the_database_keeps_no_day_without_a_reference(session: Session, waiting: Site) -> None:
    waiting.approved_on = GIVEN.on
    with pytest.raises(IntegrityError, match="approval_paired"):
        session.flush()


def outcome_of(app: Flask, *arguments: str) -> tuple[int, str]:
    with moved_clock(lambda: NOW):
        done = command(app, "site", *arguments)
    return done.exit_code, done.output


def test_the_shell_asks_for_the_approval_and_keeps_it(app: Flask, session: Session, waiting: Site) -> None:
    session.commit()
    place = ("knee", "01")
    code, said = outcome_of(app, "activate", *place, *BECAUSE)
    assert (code, NEEDS_APPROVAL in said) == (1, True)
    assert outcome_of(app, "activate", *place, *FORM[:2], *BECAUSE)[0] == 2
    assert outcome_of(app, "activate", *place, *FORM, *BECAUSE) == (0, "Site 01 of knee is active.\n")
    assert "01         active   First (approved 2026-02-01, REK 2026/1234)" in outcome_of(app, "list", "knee")[1]
    assert outcome_of(app, "approve", *place, "--approved-on", "2026-03-03", "--reference", "x", *BECAUSE)[0] == 1
    assert outcome_of(app, "approve", *place, "--approved-on", "2026-02-02", "--reference", "x", *BECAUSE)[0] == 0
    session.expire_all()
    assert (waiting.approved_on, waiting.approval_reference) == (date(2026, 2, 2), "x")


def test_who_recorded_which_approval_and_why_is_in_the_trail(app: Flask, session: Session, waiting: Site) -> None:
    session.commit()
    outcome_of(app, "activate", "knee", "01", *FORM, *BECAUSE)
    of_sites = select(AuditEntry).filter_by(table_name="public.sites", action="update")
    entries = session.scalars(of_sites.order_by(AuditEntry.id)).all()
    changed = [(entry.reason, entry.new or {}) for entry in entries]
    assert [(reason, *new) for reason, new in changed if "approved_on" in new] == [
        (BECAUSE[1], "approved_on", "approval_reference")
    ]

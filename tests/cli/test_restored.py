"""What was restored is looked at: what is not what it was, in trail, rows or exports, is told and holds all."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.cli import ops
from app.core import backing_up
from app.core.audit import acting
from app.core.problems import Conflict
from app.exports import back_ups
from app.messages import breaker
from app.participants.enrolment import randomise
from app.participants.models import Participant
from tests.cli.backups import backup as backup
from tests.cli.backups import elsewhere as elsewhere
from tests.cli.backups import participant as participant
from tests.cli.backups import sealed as sealed
from tests.factories import command
from tests.messages.people import INVITED

pytestmark = pytest.mark.usefixtures("tables_only")


def test_a_restore_by_other_means_is_said_and_holds(app: Flask, session: Session, participant: Participant) -> None:
    early = command(app, "ops", "restored", "--since", "2099-01-01")
    assert (early.exit_code, "lies in the future" in early.output) == (1, True)
    assert breaker.halts() == ()
    session.rollback()
    done = command(app, "ops", "restored", "--since", "2026-01-01T09:57:00")
    assert (done.exit_code, "flask ops release" in done.output) == (0, True)
    session.rollback()
    assert breaker.halts() == ("the database was restored",)
    refused = command(app, "ops", "release")
    assert (refused.exit_code, "has not run plan and queue since" in refused.output) == (1, True)


@pytest.mark.parametrize("sealed", [False])
def test_a_trail_of_before_any_clock_is_whole_and_one_whose_seals_are_gone_is_not(
    app: Flask, elsewhere: Flask, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = command(elsewhere, "ops", "restore", str(backup))
    assert (done.exit_code, "entries and no seal: no clock ran before the back-up." in done.output) == (0, True)
    ran = replace(backing_up.look(backup), counts={"audit.seals": 0, "public.heartbeats": 1})
    with elsewhere.app_context(), acting("test"), pytest.raises(Conflict, match="The audit trail does not hold"):
        ops._tell_whether_whole(ran)


def test_what_is_not_what_it_was_is_told_and_held(
    elsewhere: Flask, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(back_ups, "differing_exports", lambda manifest: ["backtobasic"])
    done = command(elsewhere, "ops", "restore", str(backup))
    assert (done.exit_code, "Exports are not what they were: backtobasic" in done.output) == (1, True)
    with elsewhere.app_context():
        assert breaker.halts() == ("the database was restored",)


def test_an_export_of_other_rows_is_noticed(
    app: Flask, backup: Path, session: Session, participant: Participant
) -> None:
    manifest = backing_up.look(backup)
    assert back_ups.differing_exports(manifest) == []
    randomise(participant, date(2026, 9, 10), INVITED)
    session.commit()
    assert back_ups.differing_exports(manifest) == ["backtobasic"]
    for other in (
        replace(manifest, version="0.0.9"),
        replace(manifest, code="0.1.0+earlier"),
        replace(manifest, code=""),
    ):
        assert back_ups.differing_exports(other) is None, "another version writes otherwise"

"""A study goes live only in words that its patients may be shown, and only where somebody answers for safety items."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.database import db
from app.instruments import instrument
from app.responses.going_live import NotReadyToGoLive, change_state, check_live
from app.responses.wordings import install_wording
from app.studies.installing import install
from app.studies.models import Protocol, Study, StudyState
from tests.responses.test_wordings import licensed
from tests.responses.visits import INFUSION, PROTOCOL

EARLY = INFUSION - timedelta(days=30)


@pytest.fixture
def study(session: Session) -> Study:
    return install(PROTOCOL, EARLY, state=StudyState.DEMO).study


def with_all_words(study: Study) -> None:
    """Install licensed words for whatever asks for them."""
    for code in {
        code for visit in db.session.scalars(select(Protocol)).one().plan.visits for code in visit.instruments
    }:
        for language in ("nb", "en"):
            if not instrument(code).ready_for_patients(language):
                install_wording(licensed(code, language), EARLY)


def test_demonstration_words_keep_a_study_from_going_live(study: Study) -> None:
    with pytest.raises(NotReadyToGoLive) as caught:
        change_state(study, StudyState.LIVE)
    assert {"odi (nb)", "odi (en)", "eq5d5l (nb)", "rmdq (nb)"} <= set(caught.value.errors)
    assert "rmdq (en)" not in caught.value.errors
    assert "flask wording install" in caught.value.errors["odi (nb)"]
    assert study.state is StudyState.DEMO


def test_with_the_original_words_it_goes_live(study: Study) -> None:
    with_all_words(study)
    change_state(study, StudyState.LIVE)
    assert study.state is StudyState.LIVE


def test_safety_items_without_somebody_who_answers_keep_it_from_going_live(session: Session, study: Study) -> None:
    with_all_words(study)
    row = session.scalars(select(Protocol)).one()
    session.add(
        Protocol(
            study=study, version="0.9", sha256="0" * 64, source="", content={**row.content, "safety": None},
            installed_at=INFUSION,
        )
    )  # fmt: skip
    session.flush()
    with pytest.raises(NotReadyToGoLive) as caught:
        check_live(study)
    assert set(caught.value.errors) == {"hscl25"}
    assert "`safety`" in caught.value.errors["hscl25"]


def test_the_command_lists_what_is_missing(app: Flask, tmp_path: Path) -> None:
    runner = app.test_cli_runner()
    refused = runner.invoke(args=["protocol", "install", str(PROTOCOL), "--state", "live"])
    assert refused.exit_code == 1
    assert "odi (nb): its licence asks for the original words" in refused.output
    assert runner.invoke(args=["protocol", "install", str(PROTOCOL)]).exit_code == 0
    refused = runner.invoke(args=["protocol", "state", "backtobasic", "live"])
    assert refused.exit_code == 1
    assert "cannot be live yet" in refused.output
    assert "is closed" in runner.invoke(args=["protocol", "state", "backtobasic", "closed"]).output

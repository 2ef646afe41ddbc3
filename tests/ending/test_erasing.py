"""What goes for good is gone, of this study alone, by two people, whole or not at all."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import ApiToken
from app.accounts.roles import Permission, Role
from app.accounts.tokens import issue
from app.config import Settings
from app.core import sealed_columns
from app.core.audit import acting
from app.core.database import Base
from app.core.problems import BadInput, Conflict
from app.ending import belonging, deleting, erasing
from app.ending.models import Erasure
from app.participants.models import Contact, Participant
from app.studies.access import bind
from app.studies.models import Study, StudyState
from app.studies.states import MAY, Act
from tests.ending.studies import archived, counts, deleted, rows_of
from tests.ending.studies import studies as studies
from tests.factories import NOW, user


def test_a_study_is_gone_to_the_last_row_and_the_other_is_as_it_was(
    session: Session, studies: tuple[Study, Study], settings: Settings
) -> None:
    gone, other = studies
    archived(session, gone)
    gone_id, other_id = gone.id, other.id
    before, all_of_it = (
        rows_of(session, other_id),
        {name: len(rows) for name, rows in rows_of(session, gone_id).items()},
    )
    assert all_of_it["answers"] > 0
    made = deleted(session, gone, settings)
    assert {name: len(rows) for name, rows in rows_of(session, gone_id).items()} == dict.fromkeys(all_of_it, 0)
    assert rows_of(session, other_id) == before
    assert made.counts == {name: count for name, count in all_of_it.items() if count}
    assert (made.study, made.asked_by, made.done_by) == ("backtobasic", "command line: user:1", "command line: user:2")
    assert made.sha256 == erasing.fingerprint(erasing.certificate(made))


def test_a_deletion_that_is_broken_off_leaves_everything(
    session: Session, studies: tuple[Study, Study], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    archived(session, studies[0])
    before = counts(session)

    def breaks(_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(erasing, "_erase_entries", breaks)
        with pytest.raises(KeyboardInterrupt):
            deleted(session, studies[0], settings)
    assert counts(session) == before
    with acting("command line: user:2"):
        deleting.confirm(studies[0], settings.owner_url, NOW + timedelta(days=2))
    assert counts(session)["participants"] == before["participants"] - 1


def test_one_person_alone_deletes_nothing(session: Session, studies: tuple[Study, Study], settings: Settings) -> None:
    study = studies[0]
    archived(session, study)
    before = counts(session)
    with acting("command line: user:1"):
        with pytest.raises(Conflict, match="Nobody has asked"):
            deleting.confirm(study, settings.owner_url, NOW)
        with pytest.raises(BadInput, match="Say why"):
            deleting.ask(study, "  ", NOW)
        deleting.ask(study, "over", NOW)
        session.commit()
        with pytest.raises(Conflict, match="You have asked for this yourself"):
            deleting.confirm(study, settings.owner_url, NOW)
    with acting("command line: user:2"):
        with pytest.raises(Conflict, match=r"user:1 has asked for that on 2026-03-02\. Confirm it"):
            deleting.ask(study, "over", NOW)
        with pytest.raises(Conflict, match="in the last 14 days"):
            deleting.confirm(study, settings.owner_url, NOW + deleting.STANDS)
    assert counts(session) == before


@pytest.mark.parametrize("state", StudyState)
def test_only_an_archive_is_deleted_and_contacts_go_once_nobody_is_texted(
    session: Session, studies: tuple[Study, Study], settings: Settings, state: StudyState
) -> None:
    study = studies[0]
    study.state = state
    session.commit()
    for act, does in (
        (Act.FORGET, lambda: erasing.forget_contacts(study, settings.owner_url, "over", NOW)),
        (Act.DELETE, lambda: deleting.ask(study, "over", NOW)),
    ):
        with acting("command line: user:1"):
            if act in MAY[state]:
                does()
            else:
                with pytest.raises(Conflict, match=f"It cannot {act}; that needs a study that is "):
                    does()
    assert [state in group for group in ({StudyState.CLOSED, StudyState.LOCKED, StudyState.ARCHIVED},)] == [
        Act.FORGET in MAY[state]
    ]


def test_a_practice_that_was_put_aside_may_be_deleted_though_it_is_closed(
    session: Session, studies: tuple[Study, Study]
) -> None:
    study = studies[0]
    study.state = StudyState.CLOSED
    with pytest.raises(Conflict, match="needs a study that is"):
        deleting.ask(study, "practice is over", NOW)
    session.scalars(select(Participant).filter_by(study_id=study.id)).one().practice = True
    session.flush()
    assert deleting.ask(study, "practice is over", NOW).study == "backtobasic"


def test_nothing_of_who_they_are_is_left_and_all_else_is(
    session: Session, studies: tuple[Study, Study], settings: Settings
) -> None:
    forgotten, other = studies
    forgotten.state = StudyState.CLOSED
    session.commit()
    kept, before = rows_of(session, other.id), counts(session)
    with acting("command line: user:1", "the trial is over"):
        made = erasing.forget_contacts(forgotten, settings.owner_url, "the trial is over", NOW)
    after = counts(session)
    assert rows_of(session, other.id) == kept
    assert {name: before[name] - after[name] for name in before if before[name] != after[name]} == {
        "identifiers.strangers": 1
    }
    assert session.get_one(Erasure, made).counts == {"contacts": 1, "replies": 1, "strangers": 1, "tasks": 1}
    contact = session.scalars(select(Contact).join(Contact.participant).filter_by(study_id=forgotten.id)).one()
    assert (contact.phone, contact.name, contact.birth_year, contact.phone_fingerprint, contact.pin_hash) == (None,) * 5
    left = [
        row
        for table, hidden in erasing.closed_columns()
        for row in session.execute(select(*hidden).where(belonging.of_study(table, forgotten.id)))
        if any(row)
    ]
    assert left == []


def test_every_closed_column_tells_who_somebody_is_or_is_an_answer(session: Session) -> None:
    closed = {each.table.name for each in sealed_columns.columns()} - {
        "kept_answers",
        "kept_forms",
        "answered_forms",
    }  # of accounts, and soon gone
    forgotten = {table.name for table, _ in erasing.closed_columns()}
    assert forgotten | erasing.NOT_OF_PEOPLE == closed
    assert not forgotten & erasing.NOT_OF_PEOPLE
    in_schema = {table.name for table in Base.metadata.sorted_tables if table.schema == "identifiers"}
    assert in_schema <= forgotten


def test_a_key_that_opened_the_study_alone_opens_nothing_afterwards(
    session: Session, studies: tuple[Study, Study], settings: Settings
) -> None:
    someone = user(studies[0], Role.STATISTICIAN, email="s@example.org")
    tokens = [issue(someone, [Permission.DOWNLOAD_EXPORT], NOW + timedelta(days=9), NOW)[0] for _ in range(2)]
    for token, study in zip(tokens, studies, strict=True):
        bind(token, study)
    archived(session, studies[0])
    deleted(session, studies[0], settings)
    revoked = session.scalars(select(ApiToken.revoked_at).order_by(ApiToken.id)).all()
    assert revoked == [NOW + timedelta(days=1), None]


def test_its_exports_go_with_it_and_after_an_interruption_by_the_command_again(
    session: Session, studies: tuple[Study, Study], settings: Settings
) -> None:
    folders = [settings.exports / study.code / "2026-03-01" for study in studies]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "answers.csv").write_text("1", "utf-8")
    archived(session, studies[0])
    deleted(session, studies[0], settings)
    assert [folder.exists() for folder in folders] == [False, True]
    folders[0].mkdir(parents=True)
    assert deleting.left_files("backtobasic") == [settings.exports / "backtobasic"]
    assert deleting.left_files("other") == []

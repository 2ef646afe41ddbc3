"""`flask ops check-keys | rekey | new-keys`: every value that keys close opens, or is named; all of it closes anew."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import LargeBinary, select, text
from sqlalchemy.orm import Session

from app import create_app
from app.accounts import answered_forms
from app.accounts.answered_forms import FormAnswer
from app.accounts.kept_forms import keep as keep_form
from app.accounts.models import ApiToken, User
from app.accounts.repeats import AnswerGiven, keep
from app.accounts.users import add_user
from app.clock import tick
from app.config import Settings
from app.core import crypto, key_marks, sealed_columns
from app.core.crypto import Keyring, SigningKeys, new_key
from app.core.database import Base
from app.hooks.models import HookEvent
from app.hooks.subscribing import subscribe
from app.messages.gateways.sandbox import SandboxGateway, texts_of
from app.messages.gathering import words_of
from app.messages.models import Reply, Stranger
from app.messages.receiving import replies
from app.participants.models import Contact, Participant, Task, TaskKind
from app.participants.pin import is_pin, set_pin
from app.responses.drafts import save_draft
from app.responses.models import Answerer, Draft, Mode, SecondAnswers, StaffEntry
from app.web.staff import second_factors
from migrations.tables import import_models
from tests import conftest
from tests.factories import command, put_away
from tests.messages.people import INVITED, enrolled, only, visit
from tests.settings import KEY

NEW = new_key(2)
BOTH = f"{NEW},{KEY}"


@pytest.fixture
def participant(session: Session, settings: Settings) -> Participant:
    """Somebody of whom something is kept in every column that keys close."""
    someone = enrolled(name="Kari Nordmann", pin="4711")
    someone.contact.birth_year, someone.contact.email = "1970", "kari@example.org"
    only(someone, "d7")
    session.commit()
    tick(SandboxGateway(settings), INVITED)
    save_draft(visit(someone, "d7"), {"nrs_lbp_week.mean": "4"}, INVITED)
    replies.keep({"MessageSid": "SM1", "From": "+4740000001", "Body": "Ring meg"}, INVITED)
    task = Task(participant=someone, kind=TaskKind.INBOUND, created_at=INVITED)
    session.add(task)
    session.flush()
    task.note_sealed = crypto.keyring().encrypt("Ring meg", "tasks", "note_sealed", task.id)
    moment = {"first_wrote_at": INVITED, "last_wrote_at": INVITED}
    stranger = Stranger(study_id=someone.study_id, phone_fingerprint=b"x", note="", **moment)
    session.add(stranger)
    session.flush()
    stranger.phone_sealed = crypto.keyring().encrypt("+4740009999", "strangers", "phone_sealed", stranger.id)
    session.commit()
    entry = StaffEntry(assessment=visit(someone, "d7"), number=1, mode=Mode.PAPER, answered_by=Answerer.HERSELF)
    entry.answered_at, entry.twice, entry.typed_at = INVITED, False, INVITED
    entry.typed_by = add_user("types@hospital.example", "correct-horse-battery-staple-7", "", INVITED)
    entry.answers_sealed = crypto.keyring().encrypt("{}", "staff_entries", "answers_sealed", entry.assessment.id)
    session.add(entry)
    sealed = crypto.keyring().encrypt("{}", "second_answers", "answers_sealed", entry.assessment.id)
    session.add(SecondAnswers(assessment_id=entry.assessment.id, answers_sealed=sealed))
    subscribe(someone.study, None, "https://hooks.hospital.example/svar", [HookEvent.EXPORT_READY], (), INVITED)
    session.commit()
    return someone


@pytest.fixture
def staff(app: Flask, session: Session, participant: Participant) -> User:
    """Somebody with a second factor and recovery codes."""
    security = app.extensions["security"]
    user = User(email="kari@example.org", name="Kari", password="x", fs_uniquifier="u", active=True)
    user.tf_totp_secret = security.totp_factory.generate_totp_secret()
    user.mf_recovery_codes = security.mf_recovery_codes_util._encrypt_codes(["one-two", "three-four"])
    session.add(user)
    session.flush()
    terms = {"permissions": [], "created_at": INVITED, "expires_at": INVITED}
    bearer = ApiToken(user_id=user.id, prefix="svar_x", secret_sha256=b"x", **terms)
    session.add(bearer)
    session.flush()
    keep_form(user.id, "/desk/", [("note", "is away")], INVITED)
    answered_forms.keep(user.id, b"a form, by its hash", FormAnswer("/desk/", "", [("message", "Kept.")]), INVITED)
    keep(bearer, "key", b"request", AnswerGiven(201, "{}"), INVITED)
    session.commit()
    return user


@pytest.fixture
def rotated(settings: Settings, staff: User) -> Iterator[Flask]:
    """The same service with a new key before the old one."""
    with _with_keys(settings, BOTH) as made:
        yield made


@contextmanager
def _with_keys(settings: Settings, keys: str) -> Iterator[Flask]:
    before = crypto.keyring()
    made = conftest.testing(create_app(replace(settings, keyring=Keyring.parse(keys))))
    yield made
    put_away(made)
    crypto.configure(before)


def test_every_column_that_is_closed_says_so() -> None:
    import_models()
    every = [column for table in Base.metadata.tables.values() for column in table.columns]
    closed = {
        f"{c.table.name}.{c.name}" for c in every if c.name.endswith("_sealed") and isinstance(c.type, LargeBinary)
    }
    assert closed == {column.name for column in sealed_columns.columns()}
    assert len(closed) == 16


def test_the_application_may_close_each_of_them_anew(session: Session) -> None:
    """`flask ops rekey` works as that role: a grant that a migration forgot would stop it there."""
    may = text("SELECT has_column_privilege(current_user, :table, :column, 'UPDATE')")
    columns = [column.column for column in sealed_columns.columns()]
    pairs = [(each.table.fullname, each.name) for each in columns]
    assert [(table, name) for table, name in pairs if not session.scalar(may, {"table": table, "column": name})] == []


def test_everything_opens_and_is_counted_by_key(app: Flask, staff: User) -> None:
    done = command(app, "ops", "check-keys")
    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == [
        "answered_forms.answer_sealed: 1 with key 1",
        "contacts.birth_year_sealed: 1 with key 1",
        "contacts.email_sealed: 1 with key 1",
        "contacts.name_sealed: 1 with key 1",
        "contacts.phone_sealed: 1 with key 1",
        "drafts.answers_sealed: 1 with key 1",
        "hooks.secret_sealed: 1 with key 1",
        "kept_answers.answer_sealed: 1 with key 1",
        "kept_forms.content_sealed: 1 with key 1",
        "replies.body_sealed: 1 with key 1",
        "replies.sender_sealed: 1 with key 1",
        "sandbox_texts.body_sealed: 1 with key 1",
        "second_answers.answers_sealed: 1 with key 1",
        "staff_entries.answers_sealed: 1 with key 1",
        "strangers.phone_sealed: 1 with key 1",
        "tasks.note_sealed: 1 with key 1",
        "second factors: 1",
        "Everything opens.",
    ]


def test_an_empty_database_opens(app: Flask) -> None:
    done = command(app, "ops", "check-keys")
    assert (done.exit_code, done.output.count(": nothing")) == (0, 16)


@pytest.mark.parametrize("ring", [new_key(1), new_key(2)], ids=["another of its id", "another of another id"])
def test_what_does_not_open_is_named(settings: Settings, staff: User, ring: str) -> None:
    with _with_keys(settings, ring) as app:
        done = command(app, "ops", "check-keys")
        assert done.exit_code == 1
        assert done.output.count("DOES NOT OPEN: 1, rows 1") == 16
        assert f"DOES NOT OPEN: of users {staff.id}" in done.output
        assert "Error: Not everything opens: put the missing key back" in done.output


def test_f44_everything_closes_anew_and_then_the_old_key_may_go(
    rotated: Flask, settings: Settings, session: Session, participant: Participant
) -> None:
    done = command(rotated, "ops", "rekey")
    assert done.exit_code == 0, done.output
    assert done.output.count(": 1 closed anew") == 17
    assert "1 PINs are hashed with the key of their day" in done.output
    again = command(rotated, "ops", "rekey")
    assert again.output.count(": 0 closed anew") == 16
    session.expire_all()
    with _with_keys(settings, NEW) as app:
        assert command(app, "ops", "check-keys").exit_code == 0
        contact = participant.contact
        assert (contact.phone, contact.name, contact.birth_year) == ("+4740000001", "Kari Nordmann", "1970")
        assert contact.phone_fingerprint == crypto.keyring().fingerprint("+4740000001")
        assert words_of(session.scalars(select(Reply)).one()) == "Ring meg"
        assert texts_of(participant)[0].body
        assert not is_pin(contact, "4711")
        set_pin(contact, "4712")
        assert is_pin(contact, "4712")
        with app.app_context():
            assert second_factors.check() == second_factors.Opened(1, ())
        session.rollback()


def phone_keys(session: Session) -> list[int]:
    """The ids of the keys that close each number."""
    sealed = session.scalars(select(Contact.phone_sealed).order_by(Contact.id))
    return [value[0] for value in sealed if value is not None]


def test_a_rekeying_that_breaks_off_goes_on_where_it_was(
    rotated: Flask, session: Session, participant: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    crypto.configure(Keyring.parse(KEY))
    for number in range(2, 8):
        enrolled(number)
    session.commit()
    crypto.configure(Keyring.parse(BOTH))
    monkeypatch.setattr(sealed_columns, "BATCH", 2)
    close, steps = sealed_columns.close_next, iter(range(9))

    def breaks_off(*arguments: object) -> object:
        next(steps)
        return close(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(sealed_columns, "close_next", breaks_off)
    assert isinstance(command(rotated, "ops", "rekey").exception, StopIteration)
    session.expire_all()
    keys = phone_keys(session)
    assert set(keys) == {1, 2}, "some are closed anew, some are not"
    session.rollback()
    monkeypatch.setattr(sealed_columns, "close_next", close)
    done = command(rotated, "ops", "rekey")
    assert f"contacts.phone_sealed: {keys.count(1)} closed anew" in done.output
    session.expire_all()
    assert set(phone_keys(session)) == {2}


def test_what_does_not_open_stays_as_it_was_and_stops_nothing(
    rotated: Flask, session: Session, participant: Participant
) -> None:
    draft = session.scalars(select(Draft)).one()
    spoilt = draft.answers_sealed[:-1] + bytes([draft.answers_sealed[-1] ^ 1])
    draft.answers_sealed = spoilt
    session.commit()
    done = command(rotated, "ops", "rekey")
    assert (done.exit_code, "1 values do not open and stay as they were" in done.output) == (1, True)
    session.expire_all()
    assert session.scalars(select(Draft)).one().answers_sealed == spoilt
    assert set(phone_keys(session)) == {2}


def test_new_keys_are_new_each_time_and_fit_the_settings(app: Flask) -> None:
    first, second = (command(app, "ops", "new-keys", "--id", "7").output for _ in range(2))
    secret, field_keys, signing, public = (line.partition("=")[2] or line for line in first.splitlines())
    assert len(secret) >= 32
    assert Keyring.parse(field_keys).key_ids() == (7,)
    assert public.rstrip().endswith(SigningKeys.parse(signing).public[0])
    assert first != second


def test_a_start_without_a_key_that_closes_something_is_refused(session: Session, participant: Participant) -> None:
    refused = key_marks.hold(Keyring.parse(NEW), production=True) or ""
    assert "FIELD_KEYS lacks key 1, with which values of this database are closed" in refused
    assert key_marks.hold(Keyring.parse(BOTH), production=True) is None

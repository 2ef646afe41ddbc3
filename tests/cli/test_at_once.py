"""What an operator says twice at once, in two terminals or by two people: it is done once, and the other is told."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Event

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from app.cli import ops
from app.config import Settings
from app.core import backing_up, migrating
from app.core.audit import acting
from app.core.database import transaction
from app.core.exclusive import exclusively
from app.core.patience import EACH_TRANSACTION
from app.core.problems import Conflict
from app.messages import breaker
from app.messages.gateways.gateway import Logged
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.monitoring import heartbeats
from app.messages.receiving import restoring
from app.participants.models import Participant
from tests.factories import command
from tests.messages.people import INVITED, enrolled, minutes, only

pytestmark = pytest.mark.usefixtures("tables_only")

BEFORE = INVITED - minutes(60)


@pytest.fixture
def participant(session: Session) -> Participant:
    someone = enrolled()
    only(someone, "d7")
    session.commit()
    return someone


@pytest.fixture
def held(participant: Participant, session: Session) -> None:
    """Restored an hour ago; plan and queue have run since."""
    restoring.begin(BEFORE, BEFORE)
    for job in restoring.LOOKED_AT:
        heartbeats.beat(job, INVITED)
    session.commit()


class SlowProvider(SandboxGateway):
    """One that is asked for its log, and takes as long as the test wants; what is done meanwhile is done then."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.asked, self.answers, self.times = Event(), Event(), 0

    def log(self, since: datetime) -> list[Logged]:
        self.times += 1
        self.asked.set()
        assert self.answers.wait(60)
        return []


def releasing(app: Flask, gateway: SandboxGateway, *, nothing_lost: bool = False) -> str:
    """What it says: nothing where it released."""
    with app.app_context():
        try:
            ops.let_leave(gateway, "command line", nothing_lost=nothing_lost)
        except Conflict as refused:
            return refused.detail
        return ""


@contextmanager
def meanwhile(app: Flask, gateway: SlowProvider) -> Iterator[list[str]]:
    """Somebody says `flask ops release`, and the provider is being asked; at the end the list has what it said."""
    said: list[str] = []
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(releasing, app, gateway)
        assert gateway.asked.wait(60)
        yield said
        gateway.answers.set()
        said.append(first.result(60))


@pytest.mark.parametrize("nothing_lost", [False, True])
def test_of_two_who_release_one_does_and_the_other_is_told(
    app: Flask, held: None, settings: Settings, nothing_lost: bool
) -> None:
    gateway = SlowProvider(settings)
    with meanwhile(app, gateway) as said:
        other = releasing(app, gateway, nothing_lost=nothing_lost)
    assert (said, other) == ([""], ops.RELEASING)
    assert gateway.times == 1, "the provider was asked once"
    assert "No text is held because of a restore" in releasing(app, gateway)
    with app.app_context():
        assert breaker.halts() == ()


def test_another_restore_that_is_said_of_meanwhile_is_not_released_with_the_first(
    app: Flask, held: None, settings: Settings
) -> None:
    gateway = SlowProvider(settings)
    with meanwhile(app, gateway) as said, app.app_context(), acting("operator"), transaction():
        restoring.begin(BEFORE + minutes(1), INVITED)
        for job in restoring.LOOKED_AT:
            heartbeats.beat(job, INVITED + minutes(1))
    assert said == ["Another restore was said of meanwhile. Texts stay held; say it again."]
    with app.app_context():
        assert breaker.halts() == ("the database was restored",)


def migrated(app: Flask) -> None:
    migrating.upgrade(app.extensions["settings"].owner_url)


def rekeyed(app: Flask) -> None:
    done = command(app, "ops", "rekey")
    if done.exit_code:
        raise Conflict(done.output)


ONCE: dict[str, Callable[[Flask], None]] = {"migrate": migrated, "rekey": rekeyed}


@pytest.mark.parametrize("act", list(ONCE))
def test_a_command_is_refused_while_another_of_its_kind_runs_and_goes_on_afterwards(
    app: Flask, participant: Participant, settings: Settings, act: str
) -> None:
    other = create_engine(settings.owner_url)
    with exclusively(act, "", other), pytest.raises(Conflict, match="Another command "):
        ONCE[act](app)
    other.dispose()
    ONCE[act](app)


@pytest.mark.parametrize("options", [{}, {EACH_TRANSACTION: True}], ids=["", "through a pooler"])
def test_a_lock_goes_with_its_command_however_that_ends(settings: Settings, options: dict[str, bool]) -> None:
    engine = create_engine(settings.database_url, execution_options=options)
    with exclusively("anything", "no", engine), pytest.raises(Conflict, match="no"):
        exclusively("anything", "no", engine).__enter__()
    with pytest.raises(ZeroDivisionError), exclusively("anything", "no", engine):
        1 / 0  # noqa: B018
    with exclusively("anything", "no", engine), exclusively("something else", "no", engine):
        pass
    with engine.connect() as connection:
        held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
        assert connection.scalar(text(held)) == 0
    engine.dispose()


def test_two_back_ups_into_one_file_write_one(app: Flask, participant: Participant, tmp_path: Path) -> None:
    path, part = tmp_path / "night.backup", tmp_path / "night.backup.part"
    part.write_bytes(b"what another command has written so far")
    done = command(app, "ops", "backup", str(path))
    assert (done.exit_code, "another command writes this back-up" in done.output) == (1, True)
    assert (part.read_bytes(), path.exists()) == (b"what another command has written so far", False)
    part.unlink()
    assert command(app, "ops", "backup", str(path)).exit_code == 0
    assert not part.exists()


def test_a_back_up_that_was_finished_meanwhile_is_not_written_over(
    app: Flask, participant: Participant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, see = tmp_path / "night.backup", backing_up.see

    def too_late(*given: object) -> None:
        path.write_bytes(b"another one's")
        see(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(backing_up, "see", too_late)
    done = command(app, "ops", "backup", str(path))
    assert (done.exit_code, "is there already" in done.output) == (1, True)
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"another one's", [path])


def test_a_back_up_while_the_database_is_migrated_is_refused_and_leaves_no_file(
    app: Flask, participant: Participant, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a table that a migration writes anew, a dump of the moment before has no row."""
    see = backing_up.see
    owner = create_engine(settings.owner_url)

    def move_to(revision: str) -> None:
        with owner.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})

    def migrates(*given: object) -> None:
        see(*given)  # type: ignore[arg-type]
        move_to("9998")

    monkeypatch.setattr(backing_up, "see", migrates)
    before = migrating.revision_there(settings.owner_url)
    done = command(app, "ops", "backup", str(tmp_path / "night.backup"))
    move_to(before or "")
    owner.dispose()
    assert (done.exit_code, f"was brought from {before} to 9998 while" in done.output) == (1, True)
    assert list(tmp_path.iterdir()) == []

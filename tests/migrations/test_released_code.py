"""The released version's own processes go on while the database under them is brought to the present shape.

Its code is what the repository had when `migrations/released.json` was last noted. A trial is made by it on its own
shape, its server is begun, then this version migrates; whatever a patient, the desk and the clock do afterwards is done
by the released version. What is left is read by this one.
"""

import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path

import pytest
import requests
from sqlalchemy import select

from app import create_app
from app.config import Settings
from app.core import migrating
from app.core.audit import acting
from app.core.database import db, transaction
from app.core.embedded import Embedded
from app.core.time import now
from app.core.verifying_seals import verify
from app.exports.nightly import export_snapshot
from app.messages import breaker
from app.messages.models import Message, MessageState
from app.participants.models import Event, Participant
from app.responses.models import Response
from app.studies.installing import study
from app.studies.protocol import RANDOMISATION
from migrations.released import NOTE
from tests.factories import PASSWORD, command, put_away
from tests.migrations import released_trial
from tests.settings import KEY
from tests.web.serving import Served, served_from

STUDY = "backtobasic"
ROOT = Path(__file__).parents[2]
D7 = ("nrs_lbp_week.now", "nrs_lbp_week.worst", "nrs_lbp_week.usual")


def checkout(folder: Path) -> Path:
    """The released version's code, in a folder of its own."""
    noted = ["git", "log", "-1", "--format=%H", "--", str(NOTE)]
    commit = subprocess.run(noted, cwd=ROOT, capture_output=True, encoding="utf-8", check=True).stdout.strip()
    packed = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True).stdout  # noqa: S607 - the developer's own
    with tarfile.open(fileobj=BytesIO(packed), encoding="utf-8") as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)  # Python 3.11 has it from 3.11.4 on
        archive.extractall(folder)  # noqa: S202 - what git packed of ours
    return folder


@dataclass(frozen=True)
class ReleasedVersion:
    """A checkout, the settings on which its processes run, three patients' links, and a back-up that it made."""

    folder: Path
    settings: Settings
    links: list[str] = field(default_factory=list)

    @property
    def back_up(self) -> Path:
        return self.settings.instance / "night.backup"

    def run(self, *command: str) -> str:
        """What a command of it prints."""
        environment = os.environ | {
            "SVAR_ENV": "development",
            "DATABASE_URL": self.settings.database_url,
            "DATABASE_OWNER_URL": self.settings.owner_url,
            "SVAR_INSTANCE": str(self.settings.instance),
            "SVAR_EXPORTS": str(self.settings.exports),
            "FIELD_KEYS": KEY,
        }
        called = [sys.executable, *command]
        done = subprocess.run(
            called, cwd=self.folder, env=environment, capture_output=True, encoding="utf-8", check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def released(
    server: Embedded, worker_settings: Settings, worker_id: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ReleasedVersion]:
    """The released version on a database of its own shape, with a trial in it."""
    name, folder = f"released_code_{worker_id}", tmp_path_factory.mktemp("released")
    server.recreate_database(name, template="template0")
    there = replace(
        worker_settings,
        database_url=server.url("svar_app", name),
        owner_url=server.url("svar_owner", name),
        instance=folder / "instance",
        exports=folder / "exports",
    )
    made = ReleasedVersion(checkout(folder / "code"), there)
    made.run("-m", "flask", "db", "upgrade")
    made.links.extend(made.run(str(ROOT / "tests" / "migrations" / "released_trial.py")).split())
    made.run("-m", "flask", "clock", "--once")  # which seals the trail
    made.run("-m", "flask", "ops", "backup", str(made.back_up))
    yield made
    server.drop_database(name)


class Browser:
    """Somebody before a server."""

    def __init__(self, web: Served) -> None:
        self._base, self._kept = f"http://127.0.0.1:{web.port}", requests.Session()

    def get(self, path: str, *, status: int = 200) -> str:
        answer = self._kept.get(self._base + path, timeout=20)
        assert answer.status_code == status, (path, answer.status_code)
        return answer.text

    def post(self, path: str, form: dict[str, str], *, status: int = 303) -> str:
        answer = self._kept.post(self._base + path, data=form, allow_redirects=False, timeout=20)
        assert answer.status_code == status, (path, answer.status_code, answer.text[:2000])
        return answer.headers.get("Location", "")


def token(page: str) -> str:
    (first, *_) = re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    return str(first)


def answers(browser: Browser, link: str) -> None:
    """A patient opens her link, lets an answer be kept, and sends all of them."""
    assert "nrs_lbp_week" in browser.get(link)
    browser.post(link, {"_act": "draft", "_asked": "1", D7[0]: "4"}, status=200)
    received = browser.post(link, {"_act": "submit", "_asked": "1", **dict.fromkeys(D7, "4")})
    browser.get(received)


def works_at_the_desk(browser: Browser) -> None:
    """A coordinator comes in, looks at the day, at the people and at one of them, and writes down what happened."""
    page = browser.get("/login")
    said = {"email": released_trial.COORDINATOR, "password": PASSWORD, "csrf_token": token(page)}
    browser.post("/login", said, status=302)
    for path in released_trial.PAGES:
        page = browser.get(f"/desk/{STUDY}/{path}")
    for path, form in released_trial.FORMS.items():
        browser.post(f"/desk/{STUDY}/{path}", {"csrf_token": token(page), **form})


def test_f49_its_processes_go_on_while_the_shape_changes_under_them(released: ReleasedVersion) -> None:
    links = released.links
    with served_from(released.folder, released.settings) as web:
        patient = Browser(web)
        # begun before, and gone on with after it
        patient.post(links[0], {"_act": "draft", "_asked": "1", D7[0]: "7"}, status=200)
        migrating.upgrade(released.settings.owner_url, app_role="svar_app")
        assert patient.get("/health/serving")
        for link in links[:2]:
            answers(patient, link)
        works_at_the_desk(Browser(web))
    released.run("-m", "flask", "clock", "--once")
    left = create_app(released.settings)
    with left.app_context(), acting("test"), transaction():
        assert len(db.session.scalars(select(Response)).all()) == 2
        randomised = select(Participant.code).join(Event).where(Event.kind == RANDOMISATION)
        assert db.session.scalars(randomised).all() == ["01-002"]
        texted = select(Message.id).where(Message.state != MessageState.SUPPRESSED)
        assert len(db.session.scalars(texted).all()) >= 1
        assert verify().broken is None
        assert export_snapshot(study(STUDY), now()).manifest_sha256
    put_away(left)


def test_its_back_up_comes_back_under_this_version(
    released: ReleasedVersion, server: Embedded, worker_id: str, tmp_path: Path
) -> None:
    name = f"released_back_{worker_id}"
    server.recreate_database(name, template="template0")
    there = replace(
        released.settings,
        database_url=server.url("svar_app", name),
        owner_url=server.url("svar_owner", name),
        instance=tmp_path / "instance",
        exports=tmp_path / "exports",
    )
    app = create_app(there)
    done = command(app, "ops", "restore", str(released.back_up))
    assert (done.exit_code, "The audit trail holds: " in done.output) == (0, True), done.output
    assert "Exports are not held against what they were" in done.output
    with app.app_context():
        assert len(db.session.scalars(select(Participant)).all()) == len(released.links)
        assert breaker.halts() == ("the database was restored",)
    assert {app.test_client().get(link).status_code for link in released.links} == {200}
    put_away(app)
    server.drop_database(name)

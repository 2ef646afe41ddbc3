"""A production database knows its keys: it takes no development, and no other key of the same id."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import make_url, select
from sqlalchemy.orm import Session

from app import create_app
from app.config import ROOT, IncompleteSettings, Settings
from app.core.crypto import Keyring, new_key
from app.core.embedded import Embedded
from app.core.key_marks import InstallationKind, KeyMark, hold, kind, refusal
from app.starting import started
from tests.factories import put_away
from tests.settings import KEY

A, B = b"a" * 16, b"b" * 16


@pytest.mark.parametrize(
    ("marks", "ring", "production", "sentence"),
    [
        ({}, {1: A}, True, None),
        ({}, {1: A}, False, None),
        ({1: A}, {1: A}, True, None),
        ({1: A}, {2: B, 1: A}, True, None),
        ({1: A, 2: B}, {2: B}, True, None),
        ({1: A}, {1: A}, False, "This database is a production's"),
        ({1: A}, {1: B}, False, "This database is a production's"),
        ({1: A}, {1: B}, True, "another key 1 than"),
        ({1: A}, {2: A, 1: B}, True, "another key 1 than"),
        ({1: A, 2: B}, {1: B, 2: A}, True, "another key 1, 2 than"),
        ({1: A, 2: B}, {2: A, 1: A}, True, "another key 2 than"),
        ({1: A, 2: B}, {2: B, 1: B}, True, "another key 1 than"),
        ({1: A}, {2: B}, True, "none of the keys that this database was closed with (1)"),
    ],
)
def test_who_may_work_on_a_database_with_these_keys(
    marks: dict[int, bytes], ring: dict[int, bytes], production: bool, sentence: str | None
) -> None:
    refused = refusal(marks, ring, production=production)
    assert refused is None if sentence is None else sentence in (refused or "")


@pytest.mark.parametrize(
    ("noted", "ring", "used", "refused"),
    [
        ({}, {1: A}, set(), None),
        ({}, {1: A}, {1}, None),
        ({}, {1: A}, {2}, "lacks key 2, with which"),
        ({1: A, 2: B}, {2: B}, {2}, None),  # the first was closed anew, and may go
        ({1: A, 2: B}, {2: B}, {1, 2}, "lacks key 1, with which"),
        ({1: A, 2: B}, {2: B, 1: A}, {1, 2}, None),
        ({}, {1: A}, {3, 2, 1}, "lacks key 2, 3, with which"),
    ],
)
@pytest.mark.parametrize("production", [True, False])
def test_a_key_that_closes_something_must_be_there(
    noted: dict[int, bytes], ring: dict[int, bytes], used: set[int], refused: str | None, production: bool
) -> None:
    because = refusal(noted if production else {}, ring, production=production, used=used)
    assert because is None if refused is None else refused in (because or "")


@pytest.mark.parametrize(
    ("spoil", "refused"), [(False, None), (True, "Key 1 of FIELD_KEYS does not open what it closed")]
)
def test_a_key_whose_canary_does_not_sing_is_refused(session: Session, spoil: bool, refused: str | None) -> None:
    ring = Keyring.parse(KEY)
    assert hold(ring, production=True) is None
    noted = session.scalars(select(KeyMark)).one()
    assert noted.canary is not None
    if spoil:
        noted.canary = noted.canary[:-1] + bytes([noted.canary[-1] ^ 1])
        session.flush()
    because = hold(ring, production=True)
    assert because is None if refused is None else refused in (because or "")


def test_a_key_that_was_noted_before_there_were_canaries_gets_one(session: Session) -> None:
    ring = Keyring.parse(KEY)
    session.add(KeyMark(key_id=1, mark=ring.marks()[1]))
    session.flush()
    assert hold(ring, production=True) is None
    session.flush()
    assert session.scalars(select(KeyMark.canary)).one() is not None


def test_a_mark_tells_keys_apart_and_nothing_of_them() -> None:
    first, again, other = (Keyring.parse(text).marks() for text in (KEY, KEY, new_key()))
    assert first == again != other
    assert first[1] not in bytes(range(32))


def test_production_notes_each_key_once_and_development_none(session: Session) -> None:
    first, second = Keyring.parse(KEY), Keyring.parse(f"{new_key(2)},{KEY}")
    assert hold(first, production=False) is None
    assert session.scalars(select(KeyMark.key_id)).all() == []
    for ring in (first, first, second, second):
        assert hold(ring, production=True) is None
    assert session.scalars(select(KeyMark.key_id).order_by(KeyMark.key_id)).all() == [1, 2]


def test_f54_no_development_and_no_other_key_starts_on_a_productions_database(
    settings: Settings, production: Settings
) -> None:
    put_away(started(create_app(production)))
    put_away(started(create_app(production)))
    other = replace(production, keyring=Keyring.parse(new_key()))
    for wrong, complaint in ((settings, "SVAR_ENV is not production"), (other, "another key 1 than")):
        app = create_app(wrong)
        with pytest.raises(IncompleteSettings, match=complaint):
            started(app)
        put_away(app)


def machine(production: Settings, folder: Path, keys: str) -> dict[str, str]:
    """What a machine's production is set to, with these keys."""
    return {
        "PATH": os.environ["PATH"],
        "SVAR_ENV": "production",
        "SECRET_KEY": "6Q3v0cT1r9Zk8Lx2mN5bYw7aJd4eHg-_",
        "DATABASE_URL": production.database_url,
        "PUBLIC_BASE_URL": "https://svar.example.org",
        "FIELD_KEYS": keys,
        "TWILIO_ACCOUNT_SID": "AC" + "12ab" * 8,
        "TWILIO_AUTH_TOKEN": "34cd" * 8,
        "TWILIO_SENDER": "+4759440000",
        "SVAR_INSTANCE": str(folder / "instance"),
        "SVAR_EXPORTS": str(folder / "exports"),
    }


def test_f54_a_clock_that_is_started_with_a_wrong_key_ends_and_says_so(production: Settings, tmp_path: Path) -> None:
    put_away(started(create_app(production)))
    command, environment = [sys.executable, "-m", "flask", "clock"], machine(production, tmp_path, new_key())
    ended = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", check=False, timeout=60
    )
    assert (ended.returncode, "another key 1 than" in ended.stderr) == (1, True), ended.stderr
    assert "Traceback" not in ended.stderr


STARTING = """
import sys
from app import create_app
from app.starting import started
app = create_app()
print("made", flush=True)
sys.stdin.readline()
started(app)
print("serves")
"""


def test_f54_of_two_processes_with_different_keys_that_start_at_once_on_a_new_database_one_serves(
    session: Session, production: Settings, tmp_path: Path
) -> None:
    def begun(keys: str) -> "subprocess.Popen[str]":
        command, environment = [sys.executable, "-c", STARTING], machine(production, tmp_path, keys)
        return subprocess.Popen(
            command, cwd=ROOT, env=environment, encoding="utf-8",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    rings = [new_key() for _ in range(3)]
    processes = [begun(ring) for ring in rings]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "made\n"
    with ThreadPoolExecutor(len(processes)) as threads:
        said = list(threads.map(lambda process: process.communicate("go\n", timeout=60), processes))
    serving = [ring for ring, (out, _) in zip(rings, said, strict=True) if out == "serves\n"]
    assert len(serving) == 1, said
    assert sum("another key 1 than" in errors for _, errors in said) == 2, said
    session.rollback()
    assert session.scalars(select(KeyMark.mark)).all() == [Keyring.parse(serving[0]).marks()[1]]


TESTS, REALS = "is a test installation's: what it calls texted", "is a real installation's, and SVAR_TEST_INSTALLATION"


@pytest.mark.parametrize("marked", [True, False], ids=["test", "real"])
def test_a_new_database_becomes_of_the_kind_that_starts_on_it_first(session: Session, marked: bool) -> None:
    assert kind() is None
    for ring in (KEY, KEY, f"{new_key(2)},{KEY}"):
        assert hold(Keyring.parse(ring), production=True, test_installation=marked) is None
    kinds = session.scalars(select(KeyMark.installation).order_by(KeyMark.id)).all()
    assert kinds == [kind()] * 2 == [InstallationKind.TEST if marked else InstallationKind.REAL] * 2


@pytest.mark.parametrize(("marked", "refused"), [(False, REALS), (True, TESTS)], ids=["test on real", "real on test"])
@pytest.mark.parametrize(
    "keys", [KEY, f"{new_key(2)},{KEY}", new_key(3), new_key(1)], ids=["its", "one more", "3", "1"]
)
def test_an_installation_of_the_other_kind_is_refused_whatever_its_keys(
    session: Session, marked: bool, refused: str, keys: str
) -> None:
    assert hold(Keyring.parse(KEY), production=True, test_installation=marked) is None
    before = kind()
    assert refused in (hold(Keyring.parse(keys), production=True, test_installation=not marked) or "")
    assert (kind(), session.scalars(select(KeyMark.key_id)).all()) == (before, [1])


def test_development_says_nothing_of_the_kind_of_a_database(session: Session) -> None:
    assert hold(Keyring.parse(KEY), production=False) is None
    assert kind() is None


def test_a_test_installation_and_a_real_one_do_not_start_on_each_others_database(production: Settings) -> None:
    marked = replace(production, test_installation=True, twilio_base_url="http://127.0.0.1:8099")
    put_away(started(create_app(marked)))
    put_away(started(create_app(marked)))
    app = create_app(production)
    with pytest.raises(IncompleteSettings, match=TESTS):
        started(app)
    put_away(app)


@pytest.mark.parametrize("role", ["svar_owner", "postgres"])
def test_no_service_starts_as_the_owner_or_a_superuser(
    server: Embedded, settings: Settings, database: str, role: str
) -> None:
    app = create_app(replace(settings, database_url=server.url(role, database)))
    with pytest.raises(IncompleteSettings, match=f"is of the role {role}"):
        started(app)


def test_a_database_that_is_away_or_empty_refuses_nobody_yet(server: Embedded, settings: Settings) -> None:
    away = "postgresql+psycopg://nobody:x@127.0.0.1:9/nothing"
    for address in (away, server.url("svar_app", "template1")):
        app = create_app(replace(settings, database_url=address))
        assert started(app) is app
        put_away(app)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"password": "wrong"}, "does not take the password of DATABASE_URL"),
        # PostgreSQL itself does not tell a role that is not there from a wrong password
        ({"username": "svar_nobody"}, "does not take the password of DATABASE_URL"),
        ({"database": "svar_nowhere"}, "has no such database as DATABASE_URL names"),
    ],
)
def test_a_database_that_does_not_let_us_in_is_no_database_that_is_away(
    settings: Settings, changes: dict[str, str], sentence: str
) -> None:
    url = make_url(settings.database_url).set(**changes)  # type: ignore[arg-type]
    app = create_app(replace(settings, database_url=url.render_as_string(hide_password=False)))
    with pytest.raises(IncompleteSettings, match=sentence):
        started(app)
    put_away(app)


def test_wsgi_asks_before_it_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SVAR_ENV", raising=False)
    monkeypatch.delenv("FLASK_RUN_FROM_CLI", raising=False)
    monkeypatch.setitem(sys.modules, "gunicorn", ModuleType("gunicorn"))
    monkeypatch.delitem(sys.modules, "wsgi", raising=False)
    with pytest.raises(IncompleteSettings, match="SVAR_ENV"):
        __import__("wsgi")

"""A setting that was hardly meant as it was typed is refused, with a sentence that does not repeat it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.core.typed_settings import OUR_SETTINGS, complaints
from app.core.usable_settings import malformed
from tests.settings import KEY

ROOT = Path(__file__).parents[2]
READ = re.compile(r'(?:text|int|str|get)\(\s*"([A-Z][A-Z0-9_]{4,})"')
READERS = ("app/config.py", "app/core/oidc_settings.py", "app/core/alert_settings.py", "app/core/usable_settings.py")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("DEADMAN_URL", "DEADMAN_URL is no setting of Svar: write DEAD_MAN_URL"),
        ("SVAR_EXPORT", "SVAR_EXPORT is no setting of Svar: write SVAR_EXPORTS"),
        ("SVAR_INSTALLATION", "SVAR_INSTALLATION is no setting of Svar: docs/operations.md"),
        ("SVAR_PROXIES", "SVAR_PROXIES is no setting of Svar: docs/operations.md"),
        ("TWILIO_SENDERS", "TWILIO_SENDERS is no setting of Svar: write TWILIO_SENDER"),
        ("FIELD_KEY", "FIELD_KEY is no setting of Svar: write FIELD_KEYS"),
        ("SECRET_KEY_FALLBACK", "SECRET_KEY_FALLBACK is no setting of Svar: write SECRET_KEY_FALLBACKS"),
        *((name, None) for name in ("PATH", "PORT", "LANG", "HTTPS_PROXY", "PGPASSFILE", "SECRET_KEY_BASE", "MAIL")),
        *((name, None) for name in ("DATABASE_HOST", "AFTER_EXPORT_TOKEN", "WEB_CONCURRENCY", "LOG_LEVEL")),
        *((name, None) for name in sorted(OUR_SETTINGS)),
    ],
)
def test_a_name_that_is_nearly_a_settings_is_refused(name: str, sentence: str | None) -> None:
    said = list(complaints({name: "/somewhere"}))
    assert [str(sentence) in each for each in said] == ([] if sentence is None else [True])
    assert list(complaints({name: ""})) == [], "what is left empty is left out"


@pytest.mark.parametrize(
    ("value", "is_refused"),
    [
        (f'"{KEY}"', True),
        (f"'{KEY}'", True),
        ("'", False),
        (KEY, False),
        ("it's", False),
        ("\"a\" and 'b'", False),
        ('"a" and "b"', True),
        (f"“{KEY}”", True),
        (f"„{KEY}“", True),
        (f"«{KEY}»", True),
        ("“a", False),
    ],
)
def test_what_stands_in_quotation_marks_is_refused(value: str, is_refused: bool) -> None:
    said = list(complaints({"SECRET_KEY": value, "EDITOR": value}))
    assert ["SECRET_KEY stands in quotation marks" in each for each in said] == [True] * is_refused
    assert value not in "".join(said)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DATABASE_URL", "postgresql://svar_app:x@db/svar # the new one", "has a comment behind it"),
        ("SVAR_EXPORTS", "/srv/exports\t# on the large disk", "has a comment behind it"),
        ("SECRET_KEY", "6Q3v0cT1r9Zk8Lx2 mN5bYw7aJd4eHg-_ #", "has a comment behind it"),
        ("SVAR_EXPORTS", "/srv/exports\u200b", "cannot be seen"),
        ("SECRET_KEY", "\ufeff6Q3v0cT1r9Zk8Lx2mN5bYw7aJd4eHg-_", "cannot be seen"),
        ("DATABASE_URL", "postgresql://svar_app:x@db/\nsvar", "a new line"),
        ("FIELD_KEYS", f"{KEY},\n  {KEY}", ""),
        ("SECRET_KEY", "6Q3v0cT1r9Zk8Lx2#mN5bYw7aJd4eHg-_", ""),
        ("SVAR_AFTER_EXPORT", "/usr/bin/sh -c 'publish # all'", ""),
        ("OIDC_NAME", "Sykehus # 1", ""),
    ],
)
def test_what_came_into_a_value_beside_it_is_refused(name: str, value: str, sentence: str) -> None:
    said = list(complaints({name: value}))
    assert [each.startswith(f"{name} ") and sentence in each for each in said] == [True] * bool(sentence)
    assert value not in "".join(said)


@pytest.mark.parametrize(
    ("instance", "exports", "is_refused"),
    [
        ("/var/lib/svar/instance", "/var/lib/svar/exports", False),
        ("/var/lib/svar", "/var/lib/svar", True),
        ("/var/lib/svar/", "/var/lib/svar", True),
        ("/var/lib/svar", "/var/lib/svar/exports", True),
        ("/srv/exports/clock", "/srv/exports", True),
        ("/srv/exports-clock", "/srv/exports", False),
        ("/var/lib/svar/instance", "/", True),
        ("", "/srv/exports", False),
    ],
)
def test_what_a_clock_remembers_lies_beside_what_all_share(instance: str, exports: str, is_refused: bool) -> None:
    said = list(complaints({"SVAR_INSTANCE": instance, "SVAR_EXPORTS": exports}))
    assert ["lie one in the other" in each for each in said] == [True] * is_refused


def test_every_name_that_is_read_is_a_setting() -> None:
    read = {name for file in READERS for name in READ.findall((ROOT / file).read_text("utf-8"))}
    assert len(read) > 40
    assert read - OUR_SETTINGS == set()


@pytest.mark.parametrize(
    ("name", "value", "is_refused"),
    [
        ("SVAR_AFTER_EXPORT", "/usr/local/bin/hand-on 'to s3'", False),
        ("SVAR_AFTER_EXPORT", "/usr/local/bin/hand-on 'to s3", True),
        *(("WEB_WORKERS", value, True) for value in ("0", "-1", "two", "65", "1.5")),
        *(("PORT", value, True) for value in ("0", "65536", "http")),
        ("WEB_THREADS", "0", True),
        ("WEB_CONNECTIONS", "5", True),
        ("WEB_WORKERS", "4", False),
        ("PORT", "8000", False),
    ],
)
def test_what_a_server_cannot_be_told_is_refused(name: str, value: str, is_refused: bool) -> None:
    assert [name in each for each in malformed({name: value})] == [True] * is_refused


def test_gunicorn_says_it_in_a_sentence() -> None:
    command = [sys.executable, "-c", "import runpy; runpy.run_path('gunicorn.conf.py')"]
    environment = {"WEB_WORKERS": "two", "PORT": "0", "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert (ended.returncode, ended.stderr.splitlines()) == (
        1,
        [
            "Svar does not start like this:",
            "  PORT is not a number from 1 to 65535",
            "  WEB_WORKERS is not a number from 1 to 64",
            "See docs/operations.md.",
        ],
    )

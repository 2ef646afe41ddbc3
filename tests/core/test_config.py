"""Settings: production starts whole and safe or not at all; development makes what it needs and keeps it."""

import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from app import config
from app.core.typed_settings import OUR_SETTINGS
from app.flask_config import flask_config
from tests.core.environment import WHOLE
from tests.core.environment import environment as environment


def test_a_whole_production_environment_is_read(environment: pytest.MonkeyPatch) -> None:
    settings = config.settings()
    assert (settings.production, settings.gateway) == (True, "twilio")
    assert settings.database_url == "postgresql+psycopg://svar:secret@db.example/svar"
    assert settings.owner_url == settings.database_url
    assert settings.public_base_url == "https://svar.example.org"
    assert (settings.texts_are_real, settings.test_installation) == (True, False)


def test_a_marked_test_installation_has_a_stand_in_for_the_provider(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SVAR_TEST_INSTALLATION", "yes")
    environment.setenv("TWILIO_BASE_URL", "http://127.0.0.1:8099")
    settings = config.settings()
    assert (settings.production, settings.gateway, settings.test_installation) == (True, "twilio", True)
    assert settings.twilio_base_url == "http://127.0.0.1:8099"


ON_ELKS = {
    "SMS_PROVIDER": "46elks",
    "ELKS_USERNAME": "u1",
    "ELKS_PASSWORD": "p1",
    "ELKS_SENDER": "+46766860000",
    "ELKS_WEBHOOK_SECRET": "zR4kV0cT1r9Z8Lx2mN5b",
}


@pytest.fixture
def on_elks(environment: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A whole environment of production that sends through 46elks, and has nothing of Twilio's."""
    for name in [name for name in WHOLE if name.startswith("TWILIO_")]:
        environment.delenv(name)
    for name, value in ON_ELKS.items():
        environment.setenv(name, value)
    return environment


def test_another_provider_needs_its_own_settings_and_none_of_twilios(on_elks: pytest.MonkeyPatch) -> None:
    settings = config.settings()
    assert (settings.production, settings.gateway, settings.texts_are_real) == (True, "46elks", True)
    assert (settings.elks.username, settings.elks.password, settings.elks.sender) == ("u1", "p1", "+46766860000")
    assert "p1" not in repr(settings)


@pytest.mark.parametrize("name", [name for name in ON_ELKS if name != "SMS_PROVIDER"])
def test_each_setting_that_the_other_provider_misses_is_named(on_elks: pytest.MonkeyPatch, name: str) -> None:
    on_elks.delenv(name)
    with pytest.raises(config.IncompleteSettings) as refused:
        config.settings()
    assert [line for line in str(refused.value).splitlines() if "is not set" in line] == [f"  {name} is not set"]


def test_a_test_installation_has_a_stand_in_for_the_provider_that_it_uses(on_elks: pytest.MonkeyPatch) -> None:
    on_elks.setenv("SVAR_TEST_INSTALLATION", "yes")
    on_elks.setenv("TWILIO_BASE_URL", "http://127.0.0.1:8099")
    with pytest.raises(config.IncompleteSettings, match="ELKS_BASE_URL names no stand-in"):
        config.settings()
    on_elks.setenv("ELKS_BASE_URL", "http://127.0.0.1:8098")
    assert config.settings().elks.base_url == "http://127.0.0.1:8098"


@pytest.mark.parametrize("name", sorted(OUR_SETTINGS - WHOLE.keys()))
@pytest.mark.parametrize("value", ["", " \n"])
def test_a_setting_that_is_left_empty_is_left_out(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    without = config.settings()
    environment.setenv(name, value)
    assert config.settings() == without


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "POSTGRESQL", "PostgreSQL+psycopg", "postgresql+psycopg"])
def test_any_spelling_of_a_database_has_our_driver(environment: pytest.MonkeyPatch, scheme: str) -> None:
    environment.setenv("DATABASE_URL", f"{scheme}://svar:secret@db.example/svar")
    assert config.settings().database_url == "postgresql+psycopg://svar:secret@db.example/svar"


def test_an_address_of_a_database_that_cannot_be_read_is_refused_in_words(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DATABASE_URL", "postgresql://svar:secret@[::1/svar")
    with pytest.raises(config.IncompleteSettings, match="DATABASE_URL is not a PostgreSQL address"):
        config.settings()


@pytest.mark.parametrize("name", [name for name in WHOLE if name not in ("SVAR_ENV", "TWILIO_MESSAGING_SERVICE")])
@pytest.mark.parametrize("value", ["", None])
def test_each_missing_setting_is_named(environment: pytest.MonkeyPatch, name: str, value: str | None) -> None:
    environment.delenv(name) if value is None else environment.setenv(name, value)
    with pytest.raises(config.IncompleteSettings, match=f"{name} is not set"):
        config.settings()


def test_all_that_is_missing_is_named_at_once(environment: pytest.MonkeyPatch) -> None:
    for name in WHOLE:
        if name != "SVAR_ENV":
            environment.delenv(name)
    with pytest.raises(config.IncompleteSettings) as refused:
        config.settings()
    sentence = str(refused.value)
    assert all(f"{name} is not set" in sentence for name in config.REQUIRED)
    assert "TWILIO_MESSAGING_SERVICE or TWILIO_SENDER is not set" in sentence


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("SECRET_KEY", "short", "SECRET_KEY is shorter than 32 characters"),
        ("DATABASE_URL", "sqlite:///svar.db", "DATABASE_URL is not a PostgreSQL address"),
        ("PUBLIC_BASE_URL", "http://svar.example.org", "PUBLIC_BASE_URL is not an https address"),
        ("PUBLIC_BASE_URL", "https://", "PUBLIC_BASE_URL is not a web address"),
        ("PUBLIC_BASE_URL", "svar.example.org", "PUBLIC_BASE_URL is not a web address"),
        ("TWILIO_BASE_URL", "http://127.0.0.1:1", "TWILIO_BASE_URL is for tests only"),
        ("FIELD_KEYS", "1:short", "FIELD_KEYS: key 1 "),
        ("FIELD_KEYS", "nonsense", "FIELD_KEYS: each key is written ID:BASE64"),
        ("SVAR_GATEWAY", "sandbox", "SVAR_GATEWAY is for development only"),
        ("SVAR_ENV", "prod", "SVAR_ENV is prod: write production"),
        ("SVAR_ENV", "productions", "SVAR_ENV is productions: write production or development"),
        ("DATABASE_OWNER_URL", "postgresql://svar:other@db.example/svar", "names the role of DATABASE_URL"),
        ("TRUSTED_PROXIES", "one", "TRUSTED_PROXIES is not a whole number"),
        ("TWILIO_THREADS", os.fsdecode("²".encode()), "TWILIO_THREADS is not a number from 1 to 64"),
        ("TWILIO_AUTH_TOKEN", "  ", "TWILIO_AUTH_TOKEN is not set"),
        ("STAFF_NUMBERS", "40000001", "STAFF_NUMBERS holds what is no number"),
        ("STAFF_NUMBERS", "+4740000001;+4740000002", "STAFF_NUMBERS holds what is no number"),
    ],
)
def test_what_is_unsafe_is_refused(environment: pytest.MonkeyPatch, name: str, value: str, sentence: str) -> None:
    environment.setenv(name, value)
    with pytest.raises(config.IncompleteSettings, match=sentence):
        config.settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "sqlite:///svar.db"),
        ("DATABASE_OWNER_URL", "svar"),
        ("FIELD_KEYS", "nonsense"),
        ("TRUSTED_PROXIES", "one"),
        ("TWILIO_THREADS", "many"),
        ("DATABASE_PREPARED", "yes"),
        ("PREPARED_STATEMENTS", "off"),
        ("DATABASE_POOL", "0"),
        ("DATABASE_POOL", "-1"),
        ("DATABASE_POOL", "many"),
        ("DATABASE_POOL", "201"),
        ("DATABASE_POOL_EXTRA", "-1"),
        ("DATABASE_POOL_EXTRA", "1.5"),
        ("PUBLIC_BASE_URL", "svar.example.org"),
        ("PUBLIC_BASE_URL", "http://svar.example.org/?a=1"),
    ],
)
def test_what_nobody_can_use_is_refused_in_development_too(
    environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    environment.setenv("SVAR_ENV", "development")
    environment.setenv(name, value)
    with pytest.raises(config.IncompleteSettings, match=f"does not start like this:\n  {name}"):
        config.settings()


UNSAID = [name for name in config.OF_PRODUCTION if name != "PUBLIC_BASE_URL"]


@pytest.mark.parametrize("said", [None, "", "  "])
@pytest.mark.parametrize("name", UNSAID)
def test_a_service_whose_kind_was_forgotten_is_not_taken_for_development(
    environment: pytest.MonkeyPatch, tmp_path: Path, name: str, said: str | None
) -> None:
    for other in WHOLE:
        environment.delenv(other)
    environment.setenv("SVAR_INSTANCE", str(tmp_path))
    environment.setenv(name, "postgresql://svar:secret@db.example/svar")
    if said is not None:
        environment.setenv("SVAR_ENV", said)
    with pytest.raises(config.IncompleteSettings, match=f"without SVAR_ENV, since {name} is set") as refused:
        config.settings()
    assert "SVAR_ENV=production" in str(refused.value)
    assert "secret" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("server", config.SERVERS)
def test_no_server_serves_what_does_not_say_its_kind(
    environment: pytest.MonkeyPatch, tmp_path: Path, server: str
) -> None:
    for name in WHOLE:
        environment.delenv(name)
    environment.delenv("FLASK_RUN_FROM_CLI", raising=False)
    environment.setenv("SVAR_INSTANCE", str(tmp_path))
    environment.setitem(sys.modules, server, ModuleType(server))
    with pytest.raises(config.IncompleteSettings, match="since a server is to serve it"):
        config.settings()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "numbers"),
    [
        ("", set()),
        ("+4740000001", {"+4740000001"}),
        (" +47 400 00 001, +4740000002,", {"+4740000001", "+4740000002"}),
    ],
)
def test_telephones_of_staff_are_read(environment: pytest.MonkeyPatch, given: str, numbers: set[str]) -> None:
    environment.setenv("STAFF_NUMBERS", given)
    assert config.settings().staff_numbers == numbers


@pytest.mark.parametrize("name", config.FOLDERS)
@pytest.mark.parametrize(
    ("folder", "complaint"),
    [
        (None, "is not set"),
        (" ", "is not set"),
        ("var/lib/svar", "is not a whole path"),
        (str(config.ROOT / "instance"), "is in the program's own folder"),
        (str(config.ROOT / "var" / ".." / "var" / "exports"), "is in the program's own folder"),
    ],
    ids=["unset", "empty", "relative", "inside", "inside by a detour"],
)
def test_f53_production_keeps_nothing_where_cleaning_deletes_it(
    environment: pytest.MonkeyPatch, name: str, folder: str | None, complaint: str
) -> None:
    environment.delenv(name) if folder is None else environment.setenv(name, folder)
    with pytest.raises(config.IncompleteSettings, match=f"\n  {name} {complaint}"):
        config.settings()


@pytest.mark.parametrize(("base", "secure"), [("https://svar.example.org", True), ("http://127.0.0.1:8000", False)])
def test_cookies_are_for_https_alone_where_there_is_https(
    environment: pytest.MonkeyPatch, base: str, secure: bool
) -> None:
    from dataclasses import replace

    made = flask_config(replace(config.settings(), public_base_url=base))
    assert (made["SESSION_COOKIE_SECURE"], made["SESSION_COOKIE_HTTPONLY"]) == (secure, True)
    assert made["SESSION_COOKIE_NAME"] == ("__Host-svar" if secure else "svar")

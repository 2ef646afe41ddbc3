"""Settings: production starts whole and safe or not at all; development makes what it needs and keeps it."""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import create_engine, text

from app import config, create_app
from app.core.crypto import new_key
from app.flask_config import flask_config
from tests.factories import command

WHOLE = {
    "SVAR_ENV": "production",
    "SECRET_KEY": "a-secret-of-more-than-thirty-two-characters",
    "DATABASE_URL": "postgres://svar:secret@db.example/svar",
    "PUBLIC_BASE_URL": "https://svar.example.org/",
    "FIELD_KEYS": new_key(),
    "TWILIO_ACCOUNT_SID": "AC" + "12ab" * 8,
    "TWILIO_AUTH_TOKEN": "34cd" * 8,
    "TWILIO_MESSAGING_SERVICE": "MG" + "56ef" * 8,
    "SVAR_INSTANCE": "/var/lib/svar/instance",
    "SVAR_EXPORTS": "/var/lib/svar/exports",
}
OURS = (
    "SVAR_",
    "TWILIO_",
    "ELKS_",
    "SMS_",
    "DATABASE_",
    "SECRET_KEY",
    "PUBLIC_BASE_URL",
    "FIELD_KEYS",
    "TRUSTED_PROXIES",
    "DEAD_MAN",
    "PREPARED",
)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A production environment that is whole, and nothing else of ours."""
    import os

    for name in list(os.environ):
        if name.startswith(OURS):
            monkeypatch.delenv(name)
    for name, value in WHOLE.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


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


def test_production_is_not_migrated_as_the_application(production: config.Settings) -> None:
    app = create_app(replace(production, owner_url=production.database_url))
    done = command(app, "db", "upgrade")
    assert (done.exit_code, "DATABASE_OWNER_URL is not set" in done.output) == (1, True)


def test_a_refusal_repeats_no_secret(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SECRET_KEY", "my-short-secret")
    with pytest.raises(config.IncompleteSettings) as refused:
        config.settings()
    assert "my-short-secret" not in str(refused.value)
    assert "secret@db" not in str(refused.value)


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


def test_production_never_starts_the_embedded_database(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from app.core import embedded

    environment.delenv("DATABASE_URL")
    environment.setenv("SVAR_INSTANCE", str(tmp_path))
    environment.setattr(embedded, "start", lambda _: pytest.fail("it was started"))
    with pytest.raises(config.IncompleteSettings, match="DATABASE_URL is not set"):
        config.settings()
    assert list(tmp_path.iterdir()) == []


def test_settings_show_no_secret_when_they_are_printed(environment: pytest.MonkeyPatch) -> None:
    shown = repr(config.settings())
    for secret in (WHOLE["SECRET_KEY"], "secret@db", WHOLE["TWILIO_AUTH_TOKEN"], WHOLE["FIELD_KEYS"][2:]):
        assert secret not in shown


def test_f44_a_second_twilio_token_is_taken_for_the_time_of_a_rotation(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("TWILIO_AUTH_TOKEN_SECONDARY", "78ab" * 8)
    assert config.settings().twilio_auth_tokens == (WHOLE["TWILIO_AUTH_TOKEN"], "78ab" * 8)


def test_development_makes_secrets_once_and_keeps_them(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in WHOLE:
        environment.delenv(name)
    environment.setenv("SVAR_INSTANCE", str(tmp_path / "instance"))
    environment.setenv("DATABASE_URL", "postgresql://svar_app@localhost/svar")
    environment.setenv("SVAR_ENV", "development")
    first, second = config.settings(), config.settings()
    assert first == second
    assert (first.production, first.gateway) == (False, "sandbox")
    kept = tmp_path / "instance" / "development.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert first.secret_key == json.loads(kept.read_text("utf-8"))["SECRET_KEY"]


@pytest.mark.parametrize(("base", "secure"), [("https://svar.example.org", True), ("http://127.0.0.1:8000", False)])
def test_cookies_are_for_https_alone_where_there_is_https(
    environment: pytest.MonkeyPatch, base: str, secure: bool
) -> None:
    from dataclasses import replace

    made = flask_config(replace(config.settings(), public_base_url=base))
    assert (made["SESSION_COOKIE_SECURE"], made["SESSION_COOKIE_HTTPONLY"]) == (secure, True)
    assert made["SESSION_COOKIE_NAME"] == ("__Host-svar" if secure else "svar")


@pytest.mark.parametrize(
    ("set_to", "sizes"),
    [
        ({}, (10, 10)),
        ({"DATABASE_POOL": "3", "DATABASE_POOL_EXTRA": "0"}, (3, 0)),
        ({"DATABASE_POOL": "200"}, (200, 10)),
    ],
)
def test_the_pool_has_the_size_that_the_operator_says(
    environment: pytest.MonkeyPatch, set_to: dict[str, str], sizes: tuple[int, int]
) -> None:
    for name, value in set_to.items():
        environment.setenv(name, value)
    engines = flask_config(config.settings())["SQLALCHEMY_ENGINES"]
    assert isinstance(engines, dict)
    assert (engines["default"]["pool_size"], engines["default"]["max_overflow"]) == sizes
    assert engines["default"]["pool_use_lifo"], "what one connection has prepared is of use to who comes next"


@pytest.mark.parametrize(("value", "kept"), [(None, True), ("on", True), ("off", False)])
def test_statements_are_prepared_unless_a_pooler_stands_between(
    environment: pytest.MonkeyPatch, settings: config.Settings, value: str | None, kept: bool
) -> None:
    if value is not None:
        environment.setenv("DATABASE_PREPARED", value)
    chosen = replace(settings, prepared_statements=config.settings().prepared_statements)
    engines = flask_config(chosen)["SQLALCHEMY_ENGINES"]
    assert isinstance(engines, dict)
    engine = create_engine(**engines["default"])
    with engine.connect() as connection:
        for _ in range(10):
            connection.execute(text("SELECT 1"))
        prepared = connection.scalar(text("SELECT count(*) FROM pg_prepared_statements"))
    engine.dispose()
    assert (prepared > 0) is kept


@pytest.mark.parametrize("pooled", [False, True])
@pytest.mark.parametrize(
    ("said", "limits"),
    [
        ("", (5, 15_000)),
        ("?connect_timeout=30", (None, 15_000)),
        ("?tcp_user_timeout=0&connect_timeout=9", (None, None)),
    ],
)
def test_a_dead_line_is_given_up_on_unless_the_address_says_when(
    settings: config.Settings, said: str, limits: tuple[int | None, int | None], pooled: bool
) -> None:
    chosen = replace(
        settings, database_url=f"postgresql+psycopg://a:b@db.example/svar{said}", prepared_statements=pooled
    )
    engines = flask_config(chosen)["SQLALCHEMY_ENGINES"]
    assert isinstance(engines, dict)
    given = engines["default"]["connect_args"]
    assert (given.get("connect_timeout"), given.get("tcp_user_timeout")) == limits
    assert (given["keepalives_idle"], given["keepalives_interval"], given["keepalives_count"]) == (10, 5, 2)


BEFORE, LONG_BEFORE = "a-secret-of-the-year-before-0123456789", "the-first-of-all-our-secrets-9876543210"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (None, ["a-secret-of-more-than-thirty-two-characters"]),
        ("", ["a-secret-of-more-than-thirty-two-characters"]),
        (BEFORE, [BEFORE, "a-secret-of-more-than-thirty-two-characters"]),
        (f"{BEFORE}, {LONG_BEFORE}", [LONG_BEFORE, BEFORE, "a-secret-of-more-than-thirty-two-characters"]),
    ],
)
def test_secrets_of_before_are_there_while_a_new_one_takes_over(
    environment: pytest.MonkeyPatch, given: str | None, kept: list[str]
) -> None:
    if given is not None:
        environment.setenv("SECRET_KEY_FALLBACKS", given)
    assert config.settings().signing_secrets == kept


def test_a_short_secret_of_before_is_refused(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SECRET_KEY_FALLBACKS", f"{BEFORE},short")
    with pytest.raises(config.IncompleteSettings, match="SECRET_KEY_FALLBACKS holds a secret shorter") as refused:
        config.settings()
    assert BEFORE not in str(refused.value)

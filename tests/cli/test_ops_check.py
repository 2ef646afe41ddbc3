"""`flask ops check`: what a live study needs is looked at, and what is not there is said with what to do."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from flask import Flask
from sqlalchemy import make_url

from app import create_app
from app.accounts.oidc.discovery import WELL_KNOWN
from app.cli import from_outside, ops_check
from app.cli.sign_in_check import sign_in
from app.config import ROOT, Settings
from app.core import one_time
from app.core.embedded import Embedded
from app.core.oidc_settings import OidcSettings
from app.core.schema import SchemaShape
from app.core.time import now
from tests.factories import command, put_away, visitor
from tests.fake_oidc.server import Provider
from tests.fake_twilio.server import ACCOUNT, SENDER, Server

HOOK = "https://svar.example.org/webhooks/twilio/inbound"
SERVICE = "MG" + "56ef" * 8


@pytest.fixture
def kept_apart(settings: Settings, tmp_path: Path) -> Settings:
    """Settings whose folders nobody else reads."""
    return replace(settings, instance=tmp_path / "instance", exports=tmp_path / "exports")


def test_an_installation_that_is_as_it_should_be_ends_with_nothing(kept_apart: Settings) -> None:
    app = create_app(kept_apart)
    done = command(app, "ops", "check", "--inside")
    assert done.exit_code == 0, done.output
    assert done.output.count("well") == 8
    assert done.output.count("not asked") == 5
    put_away(app)


def test_what_is_wrong_is_said_below_its_name_and_ends_with_1(kept_apart: Settings) -> None:
    kept_apart.exports.mkdir(mode=0o755)
    app = create_app(replace(kept_apart, test_installation=True))
    done = command(app, "ops", "check", "--inside")
    assert (done.exit_code, "WRONG      folders\n             SVAR_EXPORTS (" in done.output) == (1, True)
    assert "Error: 1 of these must be mended" in done.output
    assert "TEST INSTALLATION" in done.output
    put_away(app)


@pytest.fixture
def complaints_of(kept_apart: Settings) -> Iterator[Callable[..., list[str]]]:
    """What a look says of settings that were changed."""
    made: list[Flask] = []

    def asking(look: ops_check.Looking, **changes: Any) -> list[str]:
        settings = replace(kept_apart, **changes)
        made.append(create_app(settings))
        with made[-1].app_context():
            return list(look(settings))

    yield asking
    for app in made:
        put_away(app)


def test_the_applications_role_owns_nothing_and_is_let_in(
    complaints_of: Callable[..., list[str]], server: Embedded, database: str, settings: Settings
) -> None:
    wrong = make_url(settings.database_url).set(password="wrong").render_as_string(hide_password=False)
    dead = "postgresql+psycopg://nobody:x@127.0.0.1:9/nothing"
    assert complaints_of(ops_check.role) == []
    addresses = {
        "is of the role svar_owner, which owns the database": server.url("svar_owner", database),
        "is of the role postgres, which is a superuser": server.url("postgres", database),
        "does not take the password of DATABASE_URL": wrong,
        "The database cannot be reached": dead,
    }
    for sentence, address in addresses.items():
        (complaint,) = complaints_of(ops_check.role, database_url=address)
        assert sentence in complaint
    for look in (ops_check.schema, ops_check.time_, ops_check.keeping):
        (complaint,) = complaints_of(look, database_url=dead, production=True)
        assert complaint.startswith("The database cannot be asked")


def test_the_owners_role_is_another_one_and_is_let_in(
    complaints_of: Callable[..., list[str]], settings: Settings
) -> None:
    url = make_url(settings.owner_url)
    assert complaints_of(ops_check.owner) == []
    assert complaints_of(ops_check.owner, owner_url=settings.database_url) == []
    (complaint,) = complaints_of(
        ops_check.owner, owner_url=url.set(password="wrong").render_as_string(hide_password=False)
    )
    assert "does not take the password of DATABASE_OWNER_URL" in complaint
    (same,) = complaints_of(ops_check.owner, owner_url=settings.database_url + "&application_name=owner")
    assert same.startswith("DATABASE_OWNER_URL names the role of DATABASE_URL")


@pytest.mark.parametrize(
    ("shape", "sentence"),
    [
        (SchemaShape.PRESENT, None),
        (SchemaShape.NEWER, None),
        (SchemaShape.OLDER, "an older shape"),
        (SchemaShape.NONE, "was never migrated"),
    ],
)
def test_a_shape_that_does_not_fit_is_migrated(
    complaints_of: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch, shape: SchemaShape, sentence: str | None
) -> None:
    monkeypatch.setattr(ops_check, "shape", lambda: shape)
    complaints = complaints_of(ops_check.schema)
    assert [sentence in complaint for complaint in complaints if sentence] == ([True] if sentence else [])
    assert len(complaints) == (sentence is not None)


@pytest.mark.parametrize(
    ("said", "lax"),
    [
        ("", ["fsync", "full_page_writes", "synchronous_commit"]),  # so is the server of the tests
        ("on", ["fsync", "full_page_writes"]),
        ("local", ["fsync", "full_page_writes"]),
    ],
)
def test_f21_a_database_that_would_forget_what_it_acknowledged_is_told_of(
    complaints_of: Callable[..., list[str]], settings: Settings, said: str, lax: list[str]
) -> None:
    options = {"options": f"-c synchronous_commit={said}"} if said else {}
    url = make_url(settings.database_url).update_query_dict(options).render_as_string(hide_password=False)
    complaints = complaints_of(ops_check.keeping, production=True, database_url=url)
    assert [complaint.split(",")[0] for complaint in complaints] == [f"PostgreSQL has {name} = off" for name in lax]
    assert complaints_of(ops_check.keeping, database_url=url) == [], "development is in a hurry"


@pytest.mark.parametrize(
    ("seconds", "sentence"), [(0, None), (60, None), (61, "61 seconds ahead"), (-90, "90 seconds behind")]
)
def test_a_machine_whose_time_is_wrong_is_told_of(
    complaints_of: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch, seconds: int, sentence: str | None
) -> None:
    monkeypatch.setattr(one_time, "read", lambda _: one_time.Reading(now(), timedelta(seconds=seconds)))
    complaints = complaints_of(ops_check.time_)
    assert (sentence or "") in "".join(complaints)
    assert len(complaints) == (sentence is not None)


def test_folders_are_written_by_the_service_alone_and_outlive_the_program(
    complaints_of: Callable[..., list[str]], tmp_path: Path
) -> None:
    assert complaints_of(ops_check.folders) == []
    (tmp_path / "file").write_text("", "utf-8")
    (tmp_path / "open").mkdir(mode=0o755)
    for changes, sentence in (
        ({"exports": tmp_path / "file"}, f"SVAR_EXPORTS ({tmp_path}/file) cannot be written"),
        ({"instance": tmp_path / "file" / "below"}, f"SVAR_INSTANCE ({tmp_path}/file/below) cannot be written"),
        ({"exports": tmp_path / "open"}, "can be read by every user of this machine"),
        ({"plans": tmp_path / "nowhere"}, f"SVAR_PLANS ({tmp_path}/nowhere) cannot be read"),
    ):
        (complaint,) = complaints_of(ops_check.folders, **changes)
        assert sentence in complaint
    inside = list(ops_check._wrong_folder(ROOT / "var", production=True))
    assert inside[0].startswith("lies in the program's own folder")


@pytest.mark.parametrize(
    ("free", "total", "wrong"),
    [(50e9, 100e9, False), (2e9, 10e9, False), (1.9e9, 10e9, True), (40e9, 1000e9, True)],
)
def test_a_disk_that_is_nearly_full_is_told_of(
    complaints_of: Callable[..., list[str]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    free: float,
    total: float,
    wrong: bool,
) -> None:
    class Usage(NamedTuple):
        free: float
        total: float

    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(free, total))
    complaints = complaints_of(ops_check.disk, exports=tmp_path, instance=tmp_path)
    assert len(complaints) == wrong


@pytest.fixture
def provider() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def _account(status: str = "active", kind: str = "Full") -> dict[str, Any]:
    return {"sid": ACCOUNT, "status": status, "type": kind, "friendly_name": "", "subresource_uris": {}}


def _numbers(hook: str | None) -> dict[str, Any]:
    rows = [] if hook is None else [{"sid": "PN1", "phone_number": SENDER, "sms_url": hook}]
    return {"incoming_phone_numbers": rows, "page": 0, "page_size": 50, "next_page_uri": None}


@pytest.mark.parametrize(
    ("account", "hook", "token", "sentence"),
    [
        (_account(), HOOK, None, None),
        (_account(kind="Trial"), HOOK, None, "The account is a trial"),
        (_account("suspended"), HOOK, None, "has closed or suspended the account: it is suspended"),
        (_account(), None, None, "The account has no such sender"),
        (_account(), "https://demo.twilio.com/welcome", None, "STOP too, does not come here. Let texts to the sender"),
        (_account(), "", None, f"go to {HOOK} (POST)"),
        (_account(), HOOK, "another", "does not take TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN"),
    ],
)
@pytest.mark.parametrize("service", ["", SERVICE])
def test_the_provider_is_asked_for_account_sender_and_where_replies_go(
    complaints_of: Callable[..., list[str]], provider: Server, account: dict[str, Any], hook: str | None,
    token: str | None, sentence: str | None, service: str,
) -> None:  # fmt: skip
    provider.twilio.pages = {f"/Accounts/{ACCOUNT}.json": account, "/IncomingPhoneNumbers.json": _numbers(hook)}
    if hook is not None:
        provider.twilio.pages[f"/Services/{SERVICE}"] = {"sid": SERVICE, "inbound_request_url": hook}
    changes = {"twilio_auth_tokens": (token,)} if token else {}
    complaints = complaints_of(
        ops_check.provider, gateway="twilio", twilio_base_url=provider.address, twilio_messaging_service=service,
        public_base_url="https://svar.example.org", **changes,
    )  # fmt: skip
    assert (sentence or "") in "".join(complaints)
    assert len(complaints) == (sentence is not None)


def test_a_provider_that_does_not_answer_is_said_not_to(complaints_of: Callable[..., list[str]]) -> None:
    (complaint,) = complaints_of(ops_check.provider, gateway="twilio", twilio_base_url="http://127.0.0.1:9")
    assert complaint.startswith("The provider does not answer: ConnectionError.")
    assert complaints_of(ops_check.provider) == ["Texts go to the sandbox: nobody is texted."]


def seen(
    address: str = "198.51.100.4", scheme: str = "https", host: str = "svar.example.org", proxies: int = 1
) -> dict[str, Any]:
    return {"address": address, "scheme": scheme, "host": host, "proxies": proxies}


@pytest.mark.parametrize(
    ("plain", "forged", "trusted", "sentence"),
    [
        (seen(), seen(), 1, None),
        (seen(proxies=0), seen(proxies=1), 0, None),
        (seen(proxies=2), seen(proxies=2), 2, None),
        (seen(proxies=2), seen(proxies=3), 1, "TRUSTED_PROXIES is 1, and 2 wrote into X-Forwarded-For: say 2."),
        (seen(proxies=0, scheme="http"), seen(), 1, "TRUSTED_PROXIES is 1, and 0 wrote into X-Forwarded-For: say 0."),
        (seen(proxies=1, scheme="http"), seen(), 0, "TRUSTED_PROXIES is 0, and 1 wrote into X-Forwarded-For: say 1."),
        (seen(), seen(from_outside.FORGED), 1, "Anybody can write her own address"),
        (seen(scheme="http"), seen(), 1, "seem to come by http: let the proxy set X-Forwarded-Proto to https."),
        (seen(host="127.0.0.1:8000"), seen(), 1, "seem to be for 127.0.0.1:8000: let the proxy set X-Forwarded-Host"),
        ({}, {}, 1, "TRUSTED_PROXIES is 1, and 0 wrote"),
    ],
)
def test_what_the_proxies_make_of_a_request_is_told(
    plain: dict[str, Any], forged: dict[str, Any], trusted: int, sentence: str | None
) -> None:
    complaints = list(from_outside.complaints(plain, forged, "https://svar.example.org", trusted))
    assert (sentence or "") in "".join(complaints)
    assert len(complaints) == (sentence is not None)


def test_an_address_at_which_nobody_answers_is_said(complaints_of: Callable[..., list[str]]) -> None:
    (complaint,) = complaints_of(from_outside.looked_at_from_outside, public_base_url="http://127.0.0.1:9")
    assert complaint.startswith("http://127.0.0.1:9 does not answer (ConnectionError)")


@pytest.mark.parametrize(
    ("trusted", "forwarded", "address", "proxies"),
    [
        (0, None, "127.0.0.1", 0),
        (0, "198.51.100.4", "127.0.0.1", 1),
        (1, "198.51.100.4", "198.51.100.4", 1),
        (1, "203.0.113.77, 198.51.100.4", "198.51.100.4", 2),
        (2, "198.51.100.4, 10.0.0.1", "198.51.100.4", 2),
    ],
)
def test_a_process_tells_who_has_its_keys_what_it_sees(
    settings: Settings, trusted: int, forwarded: str | None, address: str, proxies: int
) -> None:
    app = create_app(replace(settings, trusted_proxies=trusted))
    headers = (
        {"X-Forwarded-For": forwarded, "X-Forwarded-Proto": ", ".join(["https"] * max(trusted, 1))} if forwarded else {}
    )
    key = {"Authorization": f"Bearer {settings.keyring.password_of_checks()}"}
    answer = visitor(app).get("/health/seen", headers=headers | key)
    content = answer.get_json()
    assert (content["address"], content["proxies"]) == (address, proxies)
    assert content["scheme"] == ("https" if trusted and forwarded else "http")
    for wrong in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer ñ"}):
        assert visitor(app).get("/health/seen", headers=headers | wrong).status_code == 404
    put_away(app)


@pytest.fixture
def hospital() -> Iterator[Provider]:
    """An identity provider of staff."""
    made = Provider()
    yield made
    made.close()


@pytest.mark.parametrize(
    ("path", "answer", "expected"),
    [
        ("", (200, b""), []),
        (WELL_KNOWN, (404, b"{}"), ["it answered 404"]),
        (WELL_KNOWN, (200, b'{"issuer": "https://login.evil.example"}'), ["names another issuer"]),
        (WELL_KNOWN, (200, b"<html>"), ["cannot be asked (JSONDecodeError)"]),
        ("/keys", (200, b'{"keys": []}'), ["none of its keys"]),
    ],
    ids=["well", "not found", "another", "HTML", "no keys"],
)
def test_the_identity_provider_is_looked_at_where_there_is_one(
    complaints_of: Callable[..., list[str]],
    hospital: Provider,
    path: str,
    answer: tuple[int, bytes],
    expected: list[str],
) -> None:
    assert complaints_of(sign_in) == []
    hospital.oidc.answers = {path: answer}
    sentences = complaints_of(sign_in, oidc=OidcSettings(hospital.issuer, "svar", "a secret", "the hospital"))
    assert len(sentences) == len(expected)
    assert all(part in sentence for part, sentence in zip(expected, sentences, strict=True))

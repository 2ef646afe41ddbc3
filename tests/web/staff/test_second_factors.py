"""Second factors while keys are changed: which key closes them, and what a process that lacks it says."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app import create_app
from app.accounts.models import User
from app.config import Settings
from app.core import crypto, newer_keys, sealed_columns
from app.core.crypto import Keyring, new_key
from app.web.staff import second_factors
from app.web.staff.signing_in import OnceOnlyTotp, library_config
from tests import conftest
from tests.factories import put_away, visitor
from tests.settings import KEY
from tests.web.staff.second_factor import OF_THE_LIBRARY, kari
from tests.web.staff.test_signing_in import sign_in, token

__all__ = ["kari"]
pytestmark = pytest.mark.filterwarnings(OF_THE_LIBRARY)
KEYS = {1: KEY, 2: new_key(2), 10: new_key(10)}


@pytest.mark.parametrize(
    ("ring", "key_id"),
    [
        ((1,), "1"),
        ((1, 2), "1"),  # others may not have the second yet
        ((2, 1), "2"),
        ((1, 10, 2), "1"),
        ((2, 10), "2"),  # the current one need not be the highest
        ((10, 2), "10"),
    ],
)
def test_a_new_second_factor_is_closed_with_the_current_key(ring: tuple[int, ...], key_id: str) -> None:
    parsed = Keyring.parse(",".join(KEYS[each] for each in ring))
    secrets = library_config(parsed, production=True)["SECURITY_TOTP_SECRETS"]
    assert isinstance(secrets, dict)
    made = OnceOnlyTotp(secrets, "Svar").generate_totp_secret()
    assert json.loads(made)["enckey"]["t"] == key_id


@contextmanager
def with_keys(settings: Settings, ring: str) -> Iterator[Flask]:
    before = crypto.keyring()
    made = conftest.testing(create_app(replace(settings, keyring=Keyring.parse(ring))))
    yield made
    put_away(made)
    crypto.configure(before)


@pytest.fixture
def of_a_newer_key(kari: User, settings: Settings, session: Session) -> User:
    """She set her second factor up, and got recovery codes, where a newer key stands in front."""
    with with_keys(settings, f"{KEYS[2]},{KEY}") as newer:
        security = newer.extensions["security"]
        kari.tf_primary_method, kari.tf_totp_secret = "authenticator", security.totp_factory.generate_totp_secret()
        kari.mf_recovery_codes = security.mf_recovery_codes_util._encrypt_codes(["one-two", "three-four"])
        session.commit()
    return kari


@pytest.mark.parametrize(("path", "code"), [("/tf-validate", "123456"), ("/mf-recovery", "one-two")])
def test_where_the_key_of_her_second_factor_is_not_yet_she_is_asked_to_wait(
    app: Flask, of_a_newer_key: User, path: str, code: str
) -> None:
    client = visitor(app)
    sign_in(client)
    answer = client.post(path, data={"code": code, "csrf_token": token(client.get(path))})
    assert (answer.status_code, newer_keys.LATER in answer.text) == (503, True)


def test_a_key_that_closes_nothing_but_a_second_factor_is_in_use(of_a_newer_key: User, session: Session) -> None:
    assert sealed_columns.key_ids() == {2}
    of_a_newer_key.tf_totp_secret = "not one of the library's"
    session.commit()
    assert sealed_columns.key_ids() == set()


def test_nobody_uses_a_code_while_they_are_closed_anew(
    of_a_newer_key: User, settings: Settings, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the code that was used meanwhile would be written back, and work once more."""
    opens, met = second_factors._opens, list[str]()
    other = create_engine(settings.database_url)

    def uses_a_code(user: User) -> bool:
        with other.connect() as connection, pytest.raises(OperationalError) as refused:
            connection.execute(text("SELECT id FROM users FOR NO KEY UPDATE NOWAIT"))
        met.append(str(getattr(refused.value.orig, "sqlstate", "")))
        return opens(user)

    monkeypatch.setattr(second_factors, "_opens", uses_a_code)
    with with_keys(settings, f"{KEYS[2]},{KEY}") as newer, newer.app_context():
        assert second_factors.close_anew() == 1
    other.dispose()
    assert met == ["55P03"]

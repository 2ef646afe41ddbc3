"""Secrets among the settings: shown and repeated nowhere, made once, and two of them while one takes over."""

import json
from pathlib import Path

import pytest

from app import config
from tests.core.environment import WHOLE
from tests.core.environment import environment as environment


def test_a_refusal_repeats_no_secret(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SECRET_KEY", "my-short-secret")
    with pytest.raises(config.IncompleteSettings) as refused:
        config.settings()
    assert "my-short-secret" not in str(refused.value)
    assert "secret@db" not in str(refused.value)


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

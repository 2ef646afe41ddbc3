"""Settings of the identity provider: whole or not at all, and nothing that could be read on the way."""

import pytest

from app.core.oidc_settings import OidcSettings, complaints, read

WHOLE = {
    "OIDC_ISSUER": "https://login.hospital.example/staff",
    "OIDC_CLIENT_ID": "svar",
    "OIDC_CLIENT_SECRET": "a secret",
    "OIDC_NAME": "the hospital",
}
NOT_HTTPS = "OIDC_ISSUER is not an https address"


@pytest.mark.parametrize(
    ("settings", "beginnings"),
    [
        ({}, []),
        (WHOLE, []),
        (WHOLE | {"OIDC_ACR": "Level4 mfa"}, []),
        (WHOLE | {"OIDC_ISSUER": "https://login.hospital.example/"}, []),
        (WHOLE | {"OIDC_ISSUER": "http://127.0.0.1:8080/realms/staff"}, []),
        (WHOLE | {"OIDC_ISSUER": "http://[::1]:8080"}, []),
        (WHOLE | {"OIDC_ISSUER": "http://localhost:8080"}, []),
        (WHOLE | {"OIDC_ISSUER": "http://login.hospital.example"}, [NOT_HTTPS]),
        (WHOLE | {"OIDC_ISSUER": "http://10.0.0.7"}, [NOT_HTTPS]),
        (WHOLE | {"OIDC_ISSUER": "http://localhost.evil.example"}, [NOT_HTTPS]),
        (WHOLE | {"OIDC_ISSUER": "http://127.0.0.1.evil.example"}, [NOT_HTTPS]),
        (WHOLE | {"OIDC_ISSUER": "http://127.0.0.1@evil.example"}, [NOT_HTTPS]),
        (WHOLE | {"OIDC_ISSUER": "login.hospital.example"}, [NOT_HTTPS]),
        (WHOLE | {"OIDC_ISSUER": "https://user:password@login.hospital.example"}, [NOT_HTTPS]),
        (WHOLE | {"OIDC_ISSUER": "https://login.hospital.example/?realm=staff"}, [NOT_HTTPS]),
        (WHOLE | {"OIDC_ISSUER": f"https://login.hospital.example/{'x' * 225}"}, [NOT_HTTPS]),
        (WHOLE | {"OIDC_CLIENT_SECRET": "bl\u00e5b\u00e6r"}, ["OIDC_CLIENT_SECRET has letters"]),
        (WHOLE | {"OIDC_CLIENT_ID": "svar\x7f"}, ["OIDC_CLIENT_ID has letters"]),
        (WHOLE | {"OIDC_NAME": "x" * 61}, ["OIDC_NAME has more than 60"]),
        *((WHOLE | {name: ""}, [f"{name} not set"]) for name in WHOLE),
        ({"OIDC_ACR": "Level4"}, ["OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, OIDC_NAME not set"]),
        ({"OIDC_NAME": "the hospital"}, ["OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET not set"]),
    ],
)
def test_what_is_half_given_or_unsafe_is_refused(settings: dict[str, str], beginnings: list[str]) -> None:
    sentences = list(complaints(settings))
    assert len(sentences) == len(beginnings)
    assert all(sentence.startswith(words) for sentence, words in zip(sentences, beginnings, strict=True))
    assert not any("a secret" in sentence for sentence in sentences)


def test_what_is_given_is_read_and_the_secret_is_not_shown() -> None:
    given = WHOLE | {"OIDC_ACR": " Level4  mfa"}
    settings = read(lambda name: given.get(name, ""))
    issuer, client_id, client_secret, name = WHOLE.values()
    assert settings == OidcSettings(issuer, client_id, client_secret, name, frozenset({"Level4", "mfa"}))
    assert bool(settings)
    assert "a secret" not in repr(settings)
    assert not OidcSettings()

"""Behind the provider's sign-in: our second factor, and showing anew that it is she."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.accounts.identities import ShownIdentity, bind, unbind
from app.core.time import moved_clock
from tests.factories import user
from tests.fake_oidc.server import GONE
from tests.web.staff.hospital import SUBJECT, Hospital, ago, answered, hospital, hospital_app, is_in, led_to, provider
from tests.web.staff.second_factor import OF_THE_LIBRARY, code, try_code, wrong_code
from tests.web.staff.test_signing_in import sign_in, token

__all__ = ["hospital", "hospital_app", "provider"]
pytestmark = pytest.mark.filterwarnings(OF_THE_LIBRARY)
NEEDS_CONFIRMING = "/mf-recovery-codes"


@pytest.fixture
def secret(hospital: Hospital) -> str:
    """Kari's second factor here."""
    made: str = hospital.app.extensions["security"].totp_factory.generate_totp_secret()
    hospital.app.extensions["security"].datastore.tf_set(hospital.kari, "authenticator", made)
    hospital.session.commit()
    return made


def confirms(client: FlaskClient) -> bool:
    """Whether she may do what asks for a fresh sign-in."""
    return client.get(NEEDS_CONFIRMING).status_code == 200


def test_our_second_factor_follows_as_after_a_password(hospital: Hospital, secret: str) -> None:
    client = hospital.visitor()
    answer = hospital.sign_in(client, next="/account")
    assert answer.location.startswith("/tf-validate")
    assert not is_in(client)
    assert try_code(client, wrong_code(hospital.app, secret)).status_code == 200
    assert not is_in(client)
    done = try_code(client, code(hospital.app, secret), answer.location)
    assert (done.status_code, done.location) == (302, "/account")
    assert is_in(client)
    assert confirms(client)


@pytest.mark.parametrize(
    ("said", "is_asked"),
    [
        ({"acr": "strong"}, False),
        ({"amr": ["pwd", "strong"]}, False),
        ({"acr": "weak"}, True),
        ({"acr": GONE}, True),
        ({"amr": "strong"}, None),
    ],
)
def test_a_second_factor_of_the_providers_counts_where_it_says_so(
    hospital: Hospital, secret: str, said: dict[str, object], is_asked: bool | None
) -> None:
    hospital.provider.oidc.claims = said
    client = hospital.visitor()
    answer = hospital.sign_in(client)
    assert is_in(client) is (is_asked is False)
    assert (answer.status_code == 302) is (is_asked is True)


def test_production_asks_who_has_no_second_factor_to_set_one_up_unless_the_provider_asked(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(hospital.app.config, "SECURITY_TWO_FACTOR_REQUIRED", True)
    client = hospital.visitor()
    assert hospital.sign_in(client).location == "/tf-setup"
    assert not is_in(client)
    hospital.provider.oidc.claims = {"acr": "strong"}
    hospital.sign_in(client)
    assert is_in(client)


def test_what_is_half_begun_ends_with_the_connection(hospital: Hospital, secret: str) -> None:
    client = hospital.visitor()
    hospital.sign_in(client)
    unbind(hospital.kari, datetime.now(UTC))
    hospital.session.commit()
    try_code(client, code(hospital.app, secret))
    assert not is_in(client)


@pytest.mark.parametrize(
    ("shown", "still"),
    [(timedelta(0), True), (timedelta(minutes=4), True), (timedelta(minutes=6), False), (timedelta(hours=7), False)],
)
def test_a_sign_in_confirms_for_five_minutes_from_when_she_showed_it_there(
    hospital: Hospital, shown: timedelta, still: bool
) -> None:
    hospital.provider.oidc.shown_at = datetime.now(UTC) - shown
    client = hospital.visitor()
    hospital.sign_in(client)
    assert (is_in(client), confirms(client)) == (True, still)


def test_a_provider_that_does_not_say_when_confirms_nothing(hospital: Hospital) -> None:
    hospital.provider.oidc.claims = {"auth_time": GONE}
    client = hospital.visitor()
    hospital.sign_in(client)
    assert (is_in(client), confirms(client)) == (True, False)


def test_a_password_after_a_provider_confirms_as_passwords_do(hospital: Hospital) -> None:
    hospital.provider.oidc.shown_at = ago(hours=7)
    client = hospital.visitor()
    hospital.sign_in(client)
    assert not confirms(client)
    client.post("/logout", data={"csrf_token": token(client.get("/account"))})
    sign_in(client)
    assert confirms(client)
    with client.session_transaction() as kept:
        assert "by_provider" not in kept


@pytest.fixture
def unsure(hospital: Hospital) -> FlaskClient:
    """A browser in which Kari came in by the provider, where she had signed in this morning."""
    hospital.provider.oidc.shown_at = ago(hours=7)
    hospital.provider.oidc.claims = {"acr": "strong"}
    client = hospital.visitor()
    hospital.sign_in(client)
    assert not confirms(client)
    hospital.provider.oidc.shown_at, hospital.provider.oidc.claims = None, {}
    return client


def ask_to_confirm(client: FlaskClient, **form: str) -> TestResponse:
    page = client.get(f"/verify?next={NEEDS_CONFIRMING}")
    assert "Confirm with the hospital" in page.text
    return client.post("/oidc/confirm", data={"csrf_token": token(page), "next": NEEDS_CONFIRMING, **form})


def test_she_confirms_at_the_provider_by_showing_it_anew(hospital: Hospital, unsure: FlaskClient) -> None:
    address = led_to(ask_to_confirm(unsure))
    assert "prompt=login" in address
    assert "max_age=0" in address
    answer = hospital.come_back(unsure, address)
    assert (answer.status_code, answer.location) == (303, NEEDS_CONFIRMING)
    assert confirms(unsure)
    with moved_clock(lambda: datetime.now(UTC) + timedelta(minutes=5, seconds=1)):
        assert not confirms(unsure)


@pytest.mark.parametrize(
    "claims",
    [
        {"auth_time": GONE},
        {"auth_time": round(ago(minutes=1).timestamp())},
        {"auth_time": round(ago(hours=7).timestamp())},
        {"auth_time": round(ago(hours=-1).timestamp())},
        {"auth_time": "now"},
        {"nonce": "another"},
        {"sub": "somebody else"},
        {"sub": SUBJECT.upper()},
    ],
    ids=["none", "a minute ago", "this morning", "to come", "no instant", "nonce", "another person", "other letters"],
)
def test_what_is_not_she_anew_confirms_nothing(
    hospital: Hospital, unsure: FlaskClient, claims: dict[str, object]
) -> None:
    hospital.provider.oidc.claims = claims
    answer = hospital.come_back(unsure, led_to(ask_to_confirm(unsure)))
    assert answer.status_code == 403
    assert 'href="/verify' in answer.text
    assert (is_in(unsure), confirms(unsure)) == (True, False)


def test_a_colleague_who_is_connected_too_confirms_nothing_of_hers(hospital: Hospital, unsure: FlaskClient) -> None:
    ola = ShownIdentity(hospital.provider.issuer, "ola", None, is_strong=False)
    bind(user(), ola, datetime.now(UTC))
    hospital.session.commit()
    hospital.provider.oidc.subject = "ola"
    answer = hospital.come_back(unsure, led_to(ask_to_confirm(unsure)))
    assert (answer.status_code, "another person" in answer.text) == (403, True)
    assert not confirms(unsure)


def test_a_confirmation_is_for_who_is_signed_in_still(hospital: Hospital, unsure: FlaskClient) -> None:
    back = answered(led_to(ask_to_confirm(unsure)))
    unsure.post("/logout", data={"csrf_token": token(unsure.get("/account"))})
    assert unsure.get(back).status_code == 401
    assert not is_in(unsure)


def test_to_confirm_takes_her_code_too_unless_the_provider_asked_for_a_second_factor(
    hospital: Hospital, unsure: FlaskClient, secret: str
) -> None:
    answer = hospital.come_back(unsure, led_to(ask_to_confirm(unsure)))
    assert (answer.status_code, "No second factor" in answer.text) == (403, True)
    wrong = ask_to_confirm(unsure, code=wrong_code(hospital.app, secret))
    assert (wrong.status_code, "This code is wrong" in wrong.text) == (400, True)
    assert not confirms(unsure)
    right = code(hospital.app, secret)
    assert hospital.come_back(unsure, led_to(ask_to_confirm(unsure, code=right))).status_code == 303
    assert confirms(unsure)
    assert ask_to_confirm(unsure, code=right).status_code == 400, "a code works once"


def test_to_confirm_the_providers_second_factor_is_enough(hospital: Hospital, unsure: FlaskClient, secret: str) -> None:
    hospital.provider.oidc.claims = {"acr": "strong"}
    assert hospital.come_back(unsure, led_to(ask_to_confirm(unsure))).status_code == 303
    assert confirms(unsure)


def test_without_a_password_a_new_one_is_chosen_by_who_confirmed_it(hospital: Hospital, unsure: FlaskClient) -> None:
    hospital.kari.password = None
    hospital.session.commit()
    assert unsure.get("/change").location.startswith("/verify")
    page = unsure.get("/verify")
    assert 'type="password"' not in page.text
    assert hospital.come_back(unsure, led_to(ask_to_confirm(unsure))).status_code == 303
    assert unsure.get("/change").status_code == 200


@pytest.mark.parametrize("path", ["/login", "/oidc/signed-out", "/verify", "/account"])
def test_the_pages_speak_bokmal_to_whoever_wants_it(hospital: Hospital, unsure: FlaskClient, path: str) -> None:
    client = hospital.visitor() if path == "/login" else unsure
    page = client.get(path, headers={"Accept-Language": "nb"}).text
    main = re.sub(r"\s+", " ", page[page.index("<main") :])
    assert 'lang="nb"' in main[:60]
    assert "the hospital" in main
    assert not re.search(r"Sign in|Confirm|Password|You are|connected", main), main

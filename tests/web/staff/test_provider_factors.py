"""Behind the provider's sign-in: our second factor, showing it anew, invitations, connecting, signing out."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.accounts.identities import ShownIdentity, bind, unbind, user_of
from app.accounts.models import StaffSession, User, UserIdentity
from app.accounts.roles import Role
from app.core.audit import AuditEntry
from app.core.time import moved_clock
from app.studies.inviting import invite, withdraw_invitation
from app.studies.models import Invitation
from tests.factories import PASSWORD, backtobasic, user
from tests.fake_oidc.server import GONE
from tests.web.staff.test_by_provider import (
    SUBJECT,
    Hospital,
    answered,
    hospital,
    hospital_app,
    is_in,
    led_to,
    provider,
)
from tests.web.staff.test_guessing import OF_THE_LIBRARY, code, try_code, wrong_code
from tests.web.staff.test_signing_in import sign_in, token

__all__ = ["hospital", "hospital_app", "provider"]
pytestmark = pytest.mark.filterwarnings(OF_THE_LIBRARY)
NEEDS_CONFIRMING = "/mf-recovery-codes"
INVITED = "new@hospital.example"


def ago(**by: float) -> datetime:
    return datetime.now(UTC) - timedelta(**by)


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


@pytest.fixture
def link(hospital: Hospital) -> str:
    """The link of somebody's invitation."""
    study = backtobasic().study
    by = user(study, Role.ADMINISTRATOR)
    _, made = invite(study, INVITED, "Ny Ansatt", Role.COORDINATOR, None, by, datetime.now(UTC))
    hospital.session.commit()
    hospital.provider.oidc.subject = "ny-at-the-hospital"
    return f"/invitation/{made}"


def take(client: FlaskClient, link: str) -> TestResponse:
    page = client.get(link)
    assert "the hospital" in page.text
    return client.post(link.replace("/invitation", "/oidc/invitation"), data={"csrf_token": token(page)})


def test_somebody_invited_comes_in_by_the_provider_without_a_password(hospital: Hospital, link: str) -> None:
    client = hospital.visitor()
    address = led_to(take(client, link))
    assert "prompt=login" in address
    assert hospital.come_back(client, address).location == "/desk/"
    assert client.get("/desk/backtobasic/today/").status_code == 200
    someone = hospital.session.scalars(select(User).filter_by(email=INVITED)).one()
    assert someone.password is None
    invitation = hospital.session.scalars(select(Invitation)).one()
    table = select(AuditEntry).filter_by(table_name="public.user_identities", row_id=str(someone.identities[0].id))
    assert hospital.session.scalars(table).one().actor == f"invitation:{invitation.id}"
    assert client.get(link).status_code == 410
    other = hospital.visitor()
    hospital.sign_in(other)
    assert is_in(other)
    assert "Sign in" in sign_in(hospital.visitor(), INVITED, PASSWORD).text, "no password opens it"


def test_an_invitation_that_ends_meanwhile_lets_nobody_in(hospital: Hospital, link: str) -> None:
    client = hospital.visitor()
    back = answered(led_to(take(client, link)))
    invitation = hospital.session.scalars(select(Invitation)).one()
    withdraw_invitation(invitation, datetime.now(UTC))
    hospital.session.commit()
    answer = client.get(back)
    assert (answer.status_code, "expired" in answer.text) == (410, True)
    assert hospital.session.scalar(select(User.id).filter_by(email=INVITED)) is None
    late = client.post(
        link.replace("/invitation", "/oidc/invitation"), data={"csrf_token": token(client.get("/login"))}
    )
    assert late.status_code == 410


@pytest.mark.parametrize(
    "claims", [{"auth_time": GONE}, {"auth_time": round(ago(hours=7).timestamp())}, {"nonce": "another"}]
)
def test_who_signed_in_there_before_her_is_not_taken_for_whom_was_invited(
    hospital: Hospital, link: str, claims: dict[str, object]
) -> None:
    hospital.provider.oidc.claims = claims
    client = hospital.visitor()
    assert hospital.come_back(client, led_to(take(client, link))).status_code == 403
    assert hospital.session.scalar(select(User.id).filter_by(email=INVITED)) is None


def test_whoever_is_connected_already_takes_no_second_account(hospital: Hospital, link: str) -> None:
    hospital.provider.oidc.subject = SUBJECT
    client = hospital.visitor()
    answer = hospital.come_back(client, led_to(take(client, link)))
    assert (answer.status_code, "another account" in answer.text) == (409, True)
    assert hospital.session.scalar(select(User.id).filter_by(email=INVITED)) is None
    assert client.get(link).status_code == 200, "the invitation still opens"


def test_who_has_a_password_connects_her_account_and_confirms_that_first(hospital: Hospital) -> None:
    ola = user(email="ola@hospital.example")
    hospital.session.commit()
    hospital.provider.oidc.subject = "ola-at-the-hospital"
    client = hospital.visitor()
    sign_in(client, "ola@hospital.example")
    page = client.get("/account")
    with moved_clock(lambda: datetime.now(UTC) + timedelta(minutes=6)):
        unsure = client.post("/oidc/connect", data={"csrf_token": token(page)})
    assert unsure.location.startswith("/verify")
    led = client.post("/oidc/connect", data={"csrf_token": token(page)})
    assert hospital.come_back(client, led_to(led)).location == "/account"
    assert "is connected" in client.get("/account").text
    identity = hospital.session.scalars(select(UserIdentity).filter_by(user_id=ola.id)).one()
    assert (identity.issuer, identity.subject) == (hospital.provider.issuer, "ola-at-the-hospital")
    other = hospital.visitor()
    hospital.sign_in(other)
    assert is_in(other)


def test_nobody_connects_what_is_anothers(hospital: Hospital) -> None:
    user(email="ola@hospital.example")
    hospital.session.commit()
    client = hospital.visitor()
    sign_in(client, "ola@hospital.example")
    led = client.post("/oidc/connect", data={"csrf_token": token(client.get("/account"))})
    answer = hospital.come_back(client, led_to(led))
    assert (answer.status_code, "another account" in answer.text) == (409, True)
    assert user_of(ShownIdentity(hospital.provider.issuer, SUBJECT, None, is_strong=False)) is hospital.kari


def sign_out(client: FlaskClient) -> TestResponse:
    return client.post("/logout", data={"csrf_token": token(client.get("/account"))})


def test_signing_out_ends_our_session_and_shows_where_the_providers_ends(hospital: Hospital) -> None:
    client = hospital.visitor()
    hospital.sign_in(client)
    out = sign_out(client)
    assert (out.status_code, out.location) == (303, "/oidc/signed-out")
    assert not is_in(client)
    page = client.get("/oidc/signed-out")
    assert f'href="{hospital.provider.issuer}/end?client_id=svar"' in page.text
    assert hospital.session.scalars(select(StaffSession.ended_at)).one() is not None


def test_who_came_in_by_a_password_is_not_asked_to_sign_out_elsewhere(hospital: Hospital) -> None:
    client = hospital.visitor()
    sign_in(client)
    assert sign_out(client).location == "/"


@pytest.mark.parametrize("document", [{"end_session_endpoint": None}, {"issuer": "https://login.evil.example"}])
def test_where_the_provider_ends_no_session_or_is_away_she_is_told_all_the_same(
    hospital: Hospital, document: dict[str, object]
) -> None:
    hospital.provider.oidc.document = document
    page = hospital.visitor().get("/oidc/signed-out")
    assert (page.status_code, "may still be signed in" in page.text, "/end" in page.text) == (200, True, False)


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

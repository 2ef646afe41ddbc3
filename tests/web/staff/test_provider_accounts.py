"""Whose account the provider opens: of whom was invited, of who connects hers; and how it is left."""

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.accounts.identities import ShownIdentity, user_of
from app.accounts.models import StaffSession, User, UserIdentity
from app.accounts.roles import Role
from app.core.audit import AuditEntry
from app.core.time import moved_clock
from app.studies.inviting import invite, withdraw_invitation
from app.studies.models import Invitation
from tests.factories import PASSWORD, backtobasic, user
from tests.fake_oidc.server import GONE
from tests.web.staff.hospital import SUBJECT, Hospital, ago, answered, is_in, led_to
from tests.web.staff.hospital import hospital as hospital
from tests.web.staff.hospital import hospital_app as hospital_app
from tests.web.staff.hospital import provider as provider
from tests.web.staff.second_factor import OF_THE_LIBRARY
from tests.web.staff.test_signing_in import sign_in, token

pytestmark = pytest.mark.filterwarnings(OF_THE_LIBRARY)
INVITED = "new@hospital.example"


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

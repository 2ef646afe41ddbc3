"""Sign-in by a hospital's identity provider, over real HTTP: what comes in, and a table of attacks that does not."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.accounts import users
from app.accounts.identities import unbind
from app.accounts.models import Ended, StaffSession, User
from app.accounts.oidc.discovery import WELL_KNOWN
from app.core.audit import AuditEntry
from app.core.time import moved_clock
from tests.factories import NOW, visitor
from tests.fake_oidc.server import CLIENT_ID, GONE, key, signed
from tests.web.staff.hospital import SUBJECT, Hospital, answered, is_in, led_to
from tests.web.staff.hospital import hospital as hospital
from tests.web.staff.hospital import hospital_app as hospital_app
from tests.web.staff.hospital import provider as provider
from tests.web.staff.second_factor import OF_THE_LIBRARY
from tests.web.staff.test_signing_in import EMAIL, sign_in, token

pytestmark = pytest.mark.filterwarnings(OF_THE_LIBRARY)


def test_whoever_is_connected_comes_in_and_where_she_wanted_to_go(hospital: Hospital) -> None:
    client = hospital.visitor()
    assert "Sign in with the hospital" in client.get("/login").text
    answer = hospital.sign_in(client, next="/account")
    assert (answer.status_code, answer.location) == (303, "/account")
    assert is_in(client)
    hospital.session.expire_all()
    assert hospital.kari.login_count == 1
    entry = hospital.session.scalars(
        select(AuditEntry).filter_by(table_name="public.users").order_by(AuditEntry.id)
    ).all()[-1]
    assert entry.actor == f"user:{hospital.kari.id}"


def test_the_provider_is_asked_with_pkce_state_nonce_and_for_nothing_but_who_it_is(hospital: Hospital) -> None:
    request = {name: values[0] for name, values in parse_qs(urlsplit(hospital.begin(hospital.visitor())).query).items()}
    assert request.pop("state") != request.pop("nonce")
    assert len(request.pop("code_challenge")) == 43
    assert request == {
        "response_type": "code", "client_id": CLIENT_ID, "redirect_uri": "http://localhost/oidc/back",
        "scope": "openid", "code_challenge_method": "S256", "ui_locales": "en", "acr_values": "strong",
    }  # fmt: skip


def test_nothing_that_the_provider_gave_is_kept(hospital: Hospital) -> None:
    client = hospital.visitor()
    given: list[str] = []
    hospital.provider.oidc.sign = lambda claims: given.append(signed(claims, key())) or given[-1]  # type: ignore[func-returns-value]
    hospital.sign_in(client)
    with client.session_transaction() as kept:
        assert {name for name in kept if "half" in name or "provider" in name} == {"by_provider"}
        assert given[0] not in str(dict(kept))


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "desk", "", "/\n/x"]
)
def test_after_coming_back_nobody_is_sent_elsewhere(hospital: Hospital, wanted: str) -> None:
    assert hospital.sign_in(next=wanted).location == "/desk/"


CLAIMS = [
    ("wrong nonce", {"nonce": "another"}),
    ("no nonce", {"nonce": GONE}),
    ("wrong issuer", {"iss": "https://login.evil.example"}),
    ("wrong audience", {"aud": "another"}),
    ("another party", {"aud": [CLIENT_ID, "another"], "azp": "another"}),
    ("expired", {"exp": 1_700_000_000}),
    ("of the future", {"iat": 4_000_000_000, "exp": 4_000_000_300}),
    ("no subject", {"sub": GONE}),
]


@pytest.mark.parametrize("claims", [claims for _, claims in CLAIMS], ids=[name for name, _ in CLAIMS])
def test_a_token_that_does_not_hold_lets_nobody_in(
    hospital: Hospital, claims: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    hospital.provider.oidc.claims = claims
    client = hospital.visitor()
    answer = hospital.sign_in(client)
    assert answer.status_code == 403
    assert "does not hold" in answer.text
    assert not is_in(client)
    assert "identity provider not believed" in caplog.text
    assert SUBJECT not in caplog.text


def test_a_token_by_another_key_lets_nobody_in_and_a_new_key_is_asked_for(hospital: Hospital) -> None:
    oidc = hospital.provider.oidc
    hospital.sign_in()
    oidc.sign = lambda claims: signed(claims, key("evil"), kid="first")
    assert hospital.sign_in().status_code == 403
    oidc.sign, oidc.keys = lambda claims: signed(claims, key("second")), [dict(key("second").as_dict(private=False))]
    with moved_clock(lambda: datetime.now(UTC) + timedelta(seconds=61)):
        oidc.now = lambda: datetime.now(UTC) + timedelta(seconds=61)
        assert hospital.sign_in().status_code == 303


BACK = [
    ("another state", {"state": "another"}, 401),
    ("no state", {"state": GONE}, 401),
    ("a state of other letters", {"state": "ø"}, 401),
    ("another code", {"code": "another"}, 403),
    ("no code", {"code": GONE}, 400),
    ("an endless code", {"code": "x" * 3000}, 400),
    ("she went back", {"code": GONE, "error": "access_denied"}, 400),
    ("an error with a code", {"error": "server_error"}, 400),
    ("another issuer", {"iss": "https://login.evil.example"}, 403),
]


@pytest.mark.parametrize(("sent", "status"), [case[1:] for case in BACK], ids=[case[0] for case in BACK])
def test_what_comes_back_otherwise_lets_nobody_in(hospital: Hospital, sent: dict[str, str], status: int) -> None:
    hospital.provider.oidc.back = sent
    client = hospital.visitor()
    answer = hospital.sign_in(client)
    assert (answer.status_code, is_in(client)) == (status, False)
    assert 'href="/login' in answer.text
    with client.session_transaction() as kept:
        assert "half_provider" not in kept


def test_a_provider_that_says_who_it_is_must_say_so_each_time(hospital: Hospital) -> None:
    hospital.provider.oidc.back = {"iss": GONE}
    assert hospital.sign_in().status_code == 303
    hospital.provider.oidc.document = {"authorization_response_iss_parameter_supported": True}
    with moved_clock(lambda: datetime.now(UTC) + timedelta(hours=2)):
        hospital.provider.oidc.now = lambda: datetime.now(UTC) + timedelta(hours=2)
        assert hospital.sign_in().status_code == 403


def test_an_answer_is_of_use_once_and_in_the_browser_that_asked(hospital: Hospital) -> None:
    client, thief = hospital.visitor(), hospital.visitor()
    back = answered(hospital.begin(client))
    assert thief.get(back).status_code == 401
    hospital.begin(thief)
    assert thief.get(back).status_code == 401
    with client.session_transaction() as kept:
        copied = dict(kept)
    assert client.get(back).status_code == 303
    assert client.get(back).status_code == 401
    with thief.session_transaction() as kept:
        kept.clear()
        kept.update(copied)
    times_asked = len(hospital.provider.oidc.paths_asked)
    assert thief.get(back).status_code == 401, "a copy of the cookie as it was before is worth nothing"
    assert len(hospital.provider.oidc.paths_asked) == times_asked, "and the provider is not asked"
    assert not is_in(thief)


def test_an_answer_that_took_too_long_lets_nobody_in(hospital: Hospital) -> None:
    client = hospital.visitor()
    back = answered(hospital.begin(client))
    with moved_clock(lambda: datetime.now(UTC) + timedelta(minutes=10, seconds=1)):
        assert client.get(back).status_code == 401
    assert not is_in(client)


def test_an_address_alone_is_nobody(hospital: Hospital) -> None:
    hospital.provider.oidc.subject = "somebody else"
    hospital.provider.oidc.claims = {"email": EMAIL, "email_verified": True, "preferred_username": EMAIL}
    client = hospital.visitor()
    answer = hospital.sign_in(client)
    assert (answer.status_code, "Nobody here is connected" in answer.text) == (403, True)
    assert EMAIL not in answer.text
    assert not is_in(client)
    assert hospital.session.scalar(select(func.count(User.id))) == 1, "the provider makes nobody"


def test_a_disabled_account_and_one_that_was_disconnected_stay_out(hospital: Hospital) -> None:
    users.disable(hospital.kari, NOW)
    hospital.session.commit()
    answer = hospital.sign_in()
    assert (answer.status_code, "is disabled" in answer.text) == (403, True)
    users.enable(hospital.kari)
    unbind(hospital.kari, NOW)
    hospital.session.commit()
    assert "Nobody here is connected" in hospital.sign_in().text


def test_who_is_disconnected_or_disabled_is_out_at_once(hospital: Hospital) -> None:
    first = hospital.visitor()
    hospital.sign_in(first)
    assert is_in(first)
    unbind(hospital.kari, datetime.now(UTC))
    hospital.session.commit()
    assert not is_in(first)
    assert hospital.session.scalars(select(StaffSession.ended_because)).one() is Ended.IDENTITY


def test_a_session_by_the_provider_ends_as_any_other(hospital: Hospital) -> None:
    client = hospital.visitor()
    hospital.sign_in(client)
    held = hospital.session.scalars(select(StaffSession)).one()
    assert held.expires_at - held.begun_at == timedelta(hours=12)
    for idle in (timedelta(hours=1, minutes=1), timedelta(hours=12, minutes=1)):
        with moved_clock(lambda idle=idle: datetime.now(UTC) + idle):  # type: ignore[misc]
            assert not is_in(client)


@pytest.mark.parametrize("path", [WELL_KNOWN, "/keys", "/token"])
@pytest.mark.parametrize(
    "answer", [(500, b""), (200, b"<html>"), (200, b"x" * 600_000), (200, b"null"), (302, b"")],
    ids=["down", "HTML", "huge", "null", "elsewhere"],
)  # fmt: skip
def test_whatever_the_provider_answers_nobody_is_let_in_and_everybody_told(
    hospital: Hospital, path: str, answer: tuple[int, bytes]
) -> None:
    hospital.provider.oidc.answers[path] = answer
    client = hospital.visitor()
    page = client.post("/oidc/sign-in", data={"csrf_token": token(client.get("/login"))})
    if path == "/token":
        page = hospital.come_back(client, led_to(page))
    is_there = path == "/token" and answer in ((200, b"<html>"), (200, b"null"), (302, b""))
    assert page.status_code == (403 if is_there else 503)
    assert ("Retry-After" in page.headers) is (page.status_code == 503)
    assert 'href="/login' in page.text
    assert not is_in(client)
    assert sign_in(client).location == "/desk/", "the password still does"


def test_the_page_that_leads_there_is_asked_for_by_a_form_of_ours(hospital: Hospital) -> None:
    client = hospital.visitor()
    assert client.post("/oidc/sign-in").status_code == 400
    assert client.get("/oidc/sign-in").status_code == 405
    assert client.get("/oidc/back").status_code == 401


@pytest.mark.usefixtures("standing_clock")
def test_codes_that_are_guessed_at_our_address_wait(hospital: Hospital) -> None:
    for _ in range(20):
        client = hospital.visitor()
        hospital.provider.oidc.back = {"code": "a guess"}
        assert hospital.sign_in(client).status_code == 403
    late = hospital.sign_in()
    assert (late.status_code, late.headers["Retry-After"]) == (429, "1")


@pytest.mark.parametrize("path", ["/oidc/sign-in", "/oidc/back", "/oidc/signed-out"])
def test_without_a_provider_there_is_no_such_way(app: Flask, path: str) -> None:
    client = visitor(app)
    page = client.get("/login")
    assert "/oidc/" not in page.text
    answer = client.post(path, data={"csrf_token": token(page)}) if path.endswith("sign-in") else client.get(path)
    assert answer.status_code == 404

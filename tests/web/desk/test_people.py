"""The page of people: an administrator's alone; invitation to sign-in, roles, second factors, keys of programs."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts import identities
from app.accounts.identities import ShownIdentity, user_of
from app.accounts.models import StaffSession, User
from app.accounts.roles import Permission, Role
from app.accounts.tokens import issue
from app.core.audit import AuditEntry
from app.core.time import moved_clock
from app.studies.access import bind
from app.studies.models import Membership, Protocol
from tests.factories import NOW, PASSWORD, Browser, backtobasic, user, visitor

PEOPLE = "/desk/backtobasic/people/"
NEW = {"email": "new@hospital.example", "name": "Ny Ansatt", "role": "coordinator", "site": "01"}


class Office(NamedTuple):
    """Who administers the study, and somebody who works for it."""

    protocol: Protocol
    admin: Browser
    who: User
    someone: User
    session: Session
    app: Flask

    def link(self) -> str:
        page = self.admin.post(f"{PEOPLE}invitations", **NEW)
        assert page.status_code == 200
        match = re.search(r"<code>(http[^<]+)</code>", page.text)
        assert match is not None
        return "/invitation/" + match[1].rpartition("/")[2]


@pytest.fixture
def office(app: Flask, session: Session) -> Iterator[Office]:
    protocol = backtobasic()
    who, someone = user(protocol.study, Role.ADMINISTRATOR), user(protocol.study, Role.COORDINATOR, "01")
    session.commit()
    with moved_clock(lambda: NOW):
        yield Office(protocol, Browser(app, who), who, someone, session, app)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_nobody_else_opens_it(office: Office, role: Role) -> None:
    browser = Browser(office.app, user(office.protocol.study, role))
    office.session.commit()
    assert browser.get(PEOPLE).status_code == 403
    assert browser.post(f"{PEOPLE}invitations", **NEW).status_code == 403


def test_somebody_is_invited_by_a_link_and_signs_in(office: Office) -> None:
    link, stranger = office.link(), visitor(office.app)
    page = stranger.get(link)
    assert page.status_code == 200
    assert "Ny Ansatt" in page.text
    differing = stranger.post(link, data={"password": PASSWORD, "again": "another one entirely"})
    assert (differing.status_code, "not the same" in differing.text) == (400, True)
    weak = stranger.post(link, data={"password": "short", "again": "short"})
    assert (weak.status_code, "at least 12 characters" in weak.text) == (400, True)
    taken = stranger.post(link, data={"password": PASSWORD, "again": PASSWORD})
    assert (taken.status_code, taken.location) == (303, "/login")
    assert stranger.get(link).status_code == 410
    signed_in = stranger.get("/login")
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', signed_in.text)
    assert token is not None
    sent = {"email": NEW["email"], "password": PASSWORD, "csrf_token": token[1]}
    assert stranger.post("/login", data=sent).status_code == 302
    assert stranger.get("/desk/backtobasic/today/").status_code == 200
    entry = office.session.scalars(
        select(AuditEntry).filter_by(table_name="public.users", action="insert").order_by(AuditEntry.id.desc())
    ).first()
    assert entry is not None
    assert entry.actor.startswith("invitation:")
    assert stranger.get("/invitation/nothing").status_code == 404


@pytest.mark.parametrize(
    "made_of", ["{}.", "{})", "{}/", "<{}>", "%3C{}%3E", "{}%2E", "{}/.", "{},%20og", "{}\u200b", "{}Hilsen"]
)
def test_what_a_mail_glued_on_to_an_invitations_link_is_cut(office: Office, app: Flask, made_of: str) -> None:
    link = office.link()
    bare = link.rpartition("/")[2]
    answer = visitor(app).get(f"/invitation/{made_of.format(bare)}")
    while answer.status_code == 308:  # the slash at the end
        answer = visitor(app).get(answer.location)
    assert (answer.status_code, answer.location) == (302, link)


@pytest.mark.parametrize("path", ["nothing", "nothing/more", "x" * 42, "x" * 43 + ".", "%00", "%FF"])
def test_what_is_no_invitation_is_said_so(app: Flask, path: str) -> None:
    browser = visitor(app)
    answer = browser.get(f"/invitation/{path}", follow_redirects=True)
    assert answer.status_code == 404
    assert "This invitation is not complete" in answer.text


def test_an_invitation_that_waits_is_listed_and_withdrawn(office: Office) -> None:
    link = office.link()
    page = office.admin.get(PEOPLE).text
    action = re.search(r'action="([^"]+/withdrawal)"', page)
    assert action is not None
    assert NEW["email"] in page
    assert link.rpartition("/")[2] not in page
    assert office.admin.post(action[1]).status_code == 303
    assert visitor(office.app).get(link).status_code == 410
    assert office.admin.post(f"{PEOPLE}invitations/999/withdrawal").status_code == 404


@pytest.mark.parametrize(
    ("changes", "status", "sentence"),
    [
        ({"email": "new"}, 400, "Write an address"),
        ({"name": ""}, 400, "Write her name"),
        ({"role": "king"}, 400, "Choose one of the list."),
        ({"site": "99"}, 400, "Choose one of the list."),
    ],
)
def test_a_refused_invitation_keeps_what_was_typed(
    office: Office, changes: dict[str, str], status: int, sentence: str
) -> None:
    refused = office.admin.post(f"{PEOPLE}invitations", **(NEW | changes))
    assert (refused.status_code, sentence in refused.text) == (status, True)
    assert "<title>Error: " in refused.text
    assert (NEW | changes)["email"] in refused.text


def test_a_role_is_given_and_taken_back(office: Office) -> None:
    address = f"{PEOPLE}{office.someone.id}/roles"
    hers = select(Membership.role).filter_by(user_id=office.someone.id).order_by(Membership.id)
    browser = Browser(office.app, office.someone)
    assert office.admin.post(address, role="monitor", site="", act="give").status_code == 303
    assert office.session.scalars(hers).all() == ["coordinator", "monitor"]
    assert office.admin.post(address, role="monitor", site="", act="give").status_code == 409
    assert browser.get("/desk/backtobasic/today/").status_code == 200
    assert office.admin.post(address, role="coordinator", site="01", act="withdraw").status_code == 303
    assert office.session.scalars(hers).all() == ["monitor"]
    assert browser.get("/desk/backtobasic/today/").status_code == 302
    assert office.admin.post(f"{PEOPLE}{office.who.id}/roles", role="investigator", act="give").status_code == 403
    assert office.admin.post(f"{PEOPLE}{user().id + 1}/roles", role="monitor", act="give").status_code == 404


def test_a_connection_with_an_identity_provider_is_seen_and_removed_for_a_reason(office: Office) -> None:
    address = f"{PEOPLE}{office.someone.id}/identity"
    assert "Remove the connection" not in office.admin.get(PEOPLE).text
    shown = ShownIdentity("https://login.hospital.example", "a name of theirs", None, is_strong=False)
    identities.bind(office.someone, shown, NOW)
    office.session.commit()
    browser = Browser(office.app, office.someone)
    page = office.admin.get(PEOPLE).text
    assert "signs in with https://login.hospital.example since" in page
    assert shown.subject not in page
    refused = office.admin.post(address, reason="")
    assert (refused.status_code, "why the connection is removed" in refused.text) == (400, True)
    assert browser.get("/desk/backtobasic/today/").status_code == 200
    assert office.admin.post(address, reason="She left the hospital").status_code == 303
    assert user_of(shown) is None
    assert browser.get("/desk/backtobasic/today/").status_code == 302
    entry = office.session.scalars(select(AuditEntry).filter_by(table_name="public.user_identities", action="delete"))
    assert entry.one().reason == "She left the hospital"
    assert office.admin.post(address, reason="Once more").status_code == 409
    assert office.admin.post(f"{PEOPLE}{office.who.id}/identity", reason="My own").status_code == 403


def test_a_second_factor_is_forgotten_for_a_reason(office: Office) -> None:
    address = f"{PEOPLE}{office.someone.id}/second-factor"
    office.someone.tf_totp_secret, office.someone.tf_primary_method = "secret", "authenticator"
    office.session.commit()
    assert "authenticator" in office.admin.get(PEOPLE).text
    assert office.admin.post(address, reason="").status_code == 400
    assert office.admin.post(address, reason="She lost her telephone").status_code == 303
    office.session.refresh(office.someone)
    assert office.someone.tf_totp_secret is None
    assert office.admin.post(address, reason="Again").status_code == 409


def test_keys_of_programs_are_listed_and_revoked(office: Office) -> None:
    token, text = issue(office.someone, [Permission.ENROL], NOW + timedelta(days=30), NOW)
    bind(token, office.protocol.study)
    office.session.commit()
    page = office.admin.get(PEOPLE).text
    for said in (token.prefix, "enrol participants", office.someone.email):
        assert said in page
    assert text not in page
    address = f"{PEOPLE}tokens/{token.id}/revocation"
    assert office.admin.post(address).status_code == 303
    assert "revoked" in office.admin.get(PEOPLE).text
    assert office.admin.post(f"{PEOPLE}tokens/{token.id + 1}/revocation").status_code == 404


@pytest.mark.parametrize("path", ["invitations", "1/roles", "1/second-factor", "tokens/1/revocation"])
def test_whoever_changes_people_confirms_that_it_is_she(office: Office, path: str) -> None:
    ran_out = update(StaffSession).values(confirmed_until=NOW - timedelta(seconds=1))
    office.session.execute(ran_out.where(StaffSession.user_id == office.who.id))
    office.session.commit()
    answer = office.admin.post(PEOPLE + path, **NEW)
    assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/verify")

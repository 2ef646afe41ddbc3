"""Approvals come site by site: new participants follow the version that is approved where they are."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.core.problems import BadInput, Conflict, NotFound
from app.messages.outlook.amending import move
from app.studies.installing import install, protocol_at, site, version
from app.studies.models import Protocol
from app.studies.sites import follow
from tests.factories import NOW, command, installed, participant
from tests.studies.protocol.second import SECOND

LATER = NOW + timedelta(days=1)
SECOND_VERSION = SECOND.replace('version: "1"', 'version: "2"').replace("every: 3m", "every: 6m")
TO_COME = SECOND_VERSION.replace('code: "02"', 'code: "03"').replace('version: "2"', 'version: "3"')
BECAUSE = ("--reason", "approved by the committee")


@pytest.fixture
def first(session: Session) -> Protocol:
    return installed(SECOND)


@pytest.fixture
def second(first: Protocol) -> Protocol:
    return install(SECOND_VERSION, LATER)


def test_a_version_is_in_effect_everywhere_once_it_is_installed(first: Protocol, second: Protocol) -> None:
    assert [protocol_at(site(first.study, code)).version for code in ("01", "02")] == ["2", "2"]


def test_a_site_follows_what_is_approved_there_whatever_is_installed_later(first: Protocol) -> None:
    follow(site(first.study, "02"), first)
    install(SECOND_VERSION, LATER)
    assert [protocol_at(site(first.study, code)).version for code in ("01", "02")] == ["2", "1"]
    follow(site(first.study, "02"), None)
    assert protocol_at(site(first.study, "02")).version == "2"


def test_nobody_is_moved_to_a_version_that_is_not_approved_where_she_is(first: Protocol, second: Protocol) -> None:
    first_person, second_person = participant(first, "01"), participant(first, "02")
    follow(site(first.study, "02"), first)
    move(first_person, second, LATER)
    refusal = "Site 02 follows version 1. When 2 is approved there: flask site follow knee 02 2"
    with pytest.raises(Conflict, match=re.escape(refusal)):
        move(second_person, second, LATER)
    follow(site(first.study, "02"), second)
    move(second_person, second, LATER)
    assert (first_person.protocol, second_person.protocol) == (second, second)


def test_a_site_follows_no_version_that_does_not_have_it(first: Protocol) -> None:
    with pytest.raises(BadInput, match="Version 3 has no site 02"):
        follow(site(first.study, "02"), install(TO_COME, LATER))


def test_a_version_that_is_not_there_is_told_with_those_that_are(first: Protocol, second: Protocol) -> None:
    assert version(first.study, "2") is second
    with pytest.raises(NotFound, match="knee has no version 9; it has 1, 2"):
        version(first.study, "9")


def test_the_shell_holds_a_site_to_a_version(app: Flask, session: Session, second: Protocol) -> None:
    session.commit()
    done = command(app, "site", "follow", "knee", "02", "1", *BECAUSE)
    assert (done.exit_code, done.output.strip()) == (0, "Site 02 of knee follows 1.")
    session.expire_all()
    assert protocol_at(site(second.study, "02")).version == "1"
    assert command(app, "site", "follow", "knee", "02", "--newest", *BECAUSE).exit_code == 0
    session.expire_all()
    assert protocol_at(site(second.study, "02")).version == "2"
    assert command(app, "site", "follow", "knee", "02", *BECAUSE).exit_code == 2

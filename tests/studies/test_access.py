"""What a person may do in a study, at which sites, with which key: one decision for pages and programs."""

from itertools import product

import pytest
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.roles import GRANTS, Permission, Role
from app.core.database import db
from app.core.problems import Forbidden, NotFound
from app.studies.access import EVERYTHING, Scope, admit, join, scope
from app.studies.installing import site
from app.studies.models import Site, Study
from tests.factories import backtobasic, user

VIEW, ENROL, EXPORT = Permission.VIEW_PARTICIPANT, Permission.ENROL, Permission.DOWNLOAD_EXPORT


@pytest.fixture
def study(session: Session) -> Study:
    return backtobasic().study


def codes(admitted: Scope) -> list[str]:
    """The sites of a scope, in its order, by their codes."""
    return [db.session.get_one(Site, site_id).code for site_id in admitted.site_ids]


@pytest.mark.parametrize(
    ("roles", "permission", "sites"),
    [
        ([(Role.COORDINATOR, "02")], VIEW, ["02"]),
        ([(Role.COORDINATOR, "02"), (Role.COORDINATOR, "04")], VIEW, ["02", "04"]),
        ([(Role.COORDINATOR, "04"), (Role.COORDINATOR, "02")], VIEW, ["02", "04"]),  # by code, whatever came first
        ([(Role.COORDINATOR, None)], VIEW, ["01", "02", "03", "04", "05"]),
        ([(Role.COORDINATOR, "02"), (Role.COORDINATOR, None)], VIEW, ["01", "02", "03", "04", "05"]),
        ([(Role.MONITOR, None), (Role.COORDINATOR, "02")], VIEW, ["01", "02", "03", "04", "05"]),
        ([(Role.MONITOR, None), (Role.COORDINATOR, "02")], ENROL, ["02"]),  # what the monitor may not, she may here
        ([(Role.STATISTICIAN, "03"), (Role.COORDINATOR, "02")], EXPORT, ["03"]),
    ],
)
def test_the_sites_are_those_where_a_role_grants_it(
    study: Study, roles: list[tuple[Role, str | None]], permission: Permission, sites: list[str]
) -> None:
    person = user()
    for role, at_site in roles:
        join(person, study, role, site(study, at_site) if at_site else None)
    admitted = admit(person, study.code, permission)
    assert codes(admitted) == sites
    assert admitted.whole == (len(sites) == 5)
    assert admitted.permissions == frozenset[Permission]().union(*(GRANTS[role] for role, _ in roles))


@pytest.mark.parametrize(("role", "permission"), list(product(Role, Permission)))
def test_a_role_is_let_in_for_what_it_grants_and_told_what_it_does_not(
    study: Study, role: Role, permission: Permission
) -> None:
    person = user(study, role)
    if permission in GRANTS[role]:
        assert admit(person, study.code, permission).may(permission)
    else:
        with pytest.raises(Forbidden, match=f"Your role in {study.code} does not include: {permission.value}"):
            admit(person, study.code, permission)


@pytest.mark.parametrize("wanted", ["other", "nowhere", "", "BACKTOBASIC"])
def test_a_study_in_which_she_does_not_work_is_not_found(study: Study, wanted: str) -> None:
    backtobasic(code="other")
    person = user(study, Role.INVESTIGATOR)
    with pytest.raises(NotFound, match="no such study, or you do not work for it"):
        admit(person, wanted, VIEW)


@pytest.mark.parametrize(
    ("issued_for", "permission", "refused"),
    [
        (EVERYTHING, VIEW, ""),
        ({VIEW}, VIEW, ""),
        ({VIEW}, EXPORT, "This token was not issued for: download export"),
        (set(), VIEW, "This token was not issued for: view participant"),
        ({EXPORT}, EXPORT, "Your role in backtobasic does not include: download export"),
        ({VIEW, EXPORT}, VIEW, ""),
    ],
)
def test_a_key_opens_what_it_was_issued_for_where_its_user_may(
    study: Study, issued_for: set[Permission], permission: Permission, refused: str
) -> None:
    person, key = user(study, Role.COORDINATOR), frozenset(issued_for)
    if refused:
        with pytest.raises(Forbidden, match=refused):
            admit(person, study.code, permission, issued_for=key)
        assert scope(person, study, permission, key) is None
    else:
        assert admit(person, study.code, permission, issued_for=key).permissions == GRANTS[Role.COORDINATOR] & key


@pytest.mark.parametrize(("at_site", "opens"), [(None, True), ("01", False)])
def test_what_holds_all_sites_is_for_who_holds_all_sites(study: Study, at_site: str | None, opens: bool) -> None:
    person: User = user(study, Role.STATISTICIAN, at_site)
    assert admit(person, study.code, EXPORT).whole is opens
    if opens:
        assert admit(person, study.code, EXPORT, whole="An export").whole
    else:
        with pytest.raises(Forbidden, match="An export holds all sites of the study, and your role does not"):
            admit(person, study.code, EXPORT, whole="An export")

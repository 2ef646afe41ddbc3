"""What each role may do: the decisions of the design, as a table that must be changed on purpose."""

import pytest

from app.accounts.roles import GRANTS, Permission, Role

P = Permission
CONTACT = {P.ENROL, P.RECORD_EVENTS, P.REVEAL_CONTACT, P.MANAGE_MESSAGES}


def test_every_role_is_defined_and_every_permission_is_held_by_somebody() -> None:
    assert set(GRANTS) == set(Role)
    assert frozenset[Permission]().union(*GRANTS.values()) == set(Permission)


@pytest.mark.parametrize("role", [Role.STATISTICIAN, Role.DATA_MANAGER, Role.MONITOR, Role.ADMINISTRATOR])
def test_only_who_meets_patients_sees_contacts(role: Role) -> None:
    assert not GRANTS[role] & CONTACT


def test_pooled_results_are_for_statisticians_alone() -> None:
    assert {role for role in Role if P.VIEW_REPORT in GRANTS[role]} == {Role.STATISTICIAN}


def test_a_correction_is_not_approved_by_who_asks_for_it_alone() -> None:
    assert {role for role in Role if P.APPROVE in GRANTS[role]} == {Role.INVESTIGATOR}


def test_whoever_looks_at_answers_may_query_them() -> None:
    assert {role for role in Role if P.CORRECT in GRANTS[role]} == {
        Role.COORDINATOR,
        Role.INVESTIGATOR,
        Role.DATA_MANAGER,
        Role.MONITOR,
    }


def test_an_administrator_sees_no_participant() -> None:
    assert P.VIEW_PARTICIPANT not in GRANTS[Role.ADMINISTRATOR]

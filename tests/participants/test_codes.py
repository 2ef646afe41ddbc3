"""Which number somebody gets who is enrolled, also once numbers may have been given out that the database forgot."""

from collections.abc import Sequence

import pytest
from sqlalchemy.orm import Session

from app.core import incarnation
from app.core.incarnation import Because
from app.core.problems import Conflict
from app.participants import codes
from app.participants.codes import forget_numbers, next_number
from app.schedule.practising import practise
from app.studies.installing import site
from app.studies.models import Protocol, StudyState
from tests.factories import NOW, backtobasic, participant


@pytest.fixture
def protocol(session: Session) -> Protocol:
    return backtobasic()


def restored() -> None:
    """As `flask ops restore` and `flask ops restored` do it."""
    incarnation.present()
    incarnation.begin(Because.RESTORED, NOW)
    forget_numbers()


@pytest.mark.parametrize(
    ("highest", "at_restores", "number"),
    [
        (0, (), 1),
        (17, (), 18),
        (0, (0,), 1001),  # a site that was opened since, and may have been before
        (17, (17,), 2001),
        (17, (0,), 1001),  # a code of that time, written by hand
        (999, (999,), 2001),
        (1000, (1000,), 2001),
        (1001, (1001,), 3001),
        (2001, (17,), 2002),
        (2005, (17, 2005), 4001),
        (17, (17, 17), 3001),  # nobody that we know was enrolled between two restores
        (0, (0, 0, 0), 3001),
    ],
)
def test_a_number_is_beyond_those_that_were_forgotten(highest: int, at_restores: Sequence[int], number: int) -> None:
    assert next_number(highest, at_restores) == number


def test_f39_no_code_of_before_a_restore_is_given_to_another(protocol: Protocol) -> None:
    first, other = participant(protocol).code, participant(protocol, "02").code
    assert (first, other) == ("01-001", "02-001")
    restored()
    assert [participant(protocol, at).code for at in ("01", "02", "01")] == ["01-2001", "02-2001", "01-2002"]
    assert participant(backtobasic(code="later")).code == "01-1001", "a study that was made since, and may have been"
    assert participant(protocol, code="01-002").code == "01-002", "she who has it on her papers keeps it"
    assert participant(protocol).code == "01-2003"
    restored()
    assert participant(protocol).code == "01-4001"


def test_who_is_made_up_to_practise_gets_none_of_them_either(session: Session) -> None:
    protocol = backtobasic(state=StudyState.SETUP, code="practice")
    restored()
    code = practise(site(protocol.study, "01"), protocol, protocol.plan.visits[0].code, "", NOW).participant.code
    assert int(code.split("-")[1]) > codes.FAR


@pytest.mark.parametrize(("given", "jumps"), [("01-999999", False), ("01-998001", True)])
def test_where_no_number_is_left_somebody_writes_the_code(protocol: Protocol, given: str, jumps: bool) -> None:
    participant(protocol, code=given)
    if jumps:
        assert codes.free_code(participant(protocol).site, "") == "01-998003", "there is room yet"
        restored()
    with pytest.raises(Conflict, match="no number of six digits left"):
        participant(protocol)
    assert participant(protocol, code="01-B1").code == "01-B1"
    assert participant(protocol, "02").code == ("02-1001" if jumps else "02-001"), "elsewhere there is"

"""How participants stand: one standing each, the firmest; what of theirs counts; who is found in which group."""

from datetime import date, datetime, timedelta
from itertools import product

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app.participants.enrolment import withdraw
from app.participants.events import cancel_event, plan_event
from app.participants.models import Contact, Event, EventState, Participant
from app.schedule.compliance import compliance
from app.schedule.models import Assessment
from app.schedule.standing import PEOPLE_ON_PAGE, Group, Progress, Standing, WhomToList, people, progress, standing
from app.studies.installing import site
from app.studies.models import Study
from tests.factories import NOW, backtobasic, infused, oslo, participant, submitted, visit

DAY0 = date(2026, 1, 2)
INSTANT = timedelta(microseconds=1)


def somebody(*, withdrawn: bool = False, day0: bool = True, stopped: bool = False, unusable: bool = False) -> Progress:
    """A participant with these facts, and no visit."""
    person = Participant(code="01-001", withdrawn_at=NOW if withdrawn else None)
    person.contact = Contact(opted_out_at=NOW if stopped else None, unusable_since=NOW if unusable else None)
    person.events = [Event(kind="first_infusion", is_anchor=True, state=EventState.PLANNED)] if day0 else []
    return progress(person, [], NOW)


@pytest.mark.parametrize(
    ("withdrawn", "day0", "stopped", "unusable"), list(product([True, False], repeat=4)), ids=lambda fact: str(fact)[0]
)
def test_the_firmest_fact_is_the_standing(withdrawn: bool, day0: bool, stopped: bool, unusable: bool) -> None:
    expected = (
        Standing.WITHDRAWN
        if withdrawn
        else Standing.NO_DAY_0
        if not day0
        else Standing.SAID_STOP
        if stopped
        else Standing.NUMBER_UNUSABLE
        if unusable
        else Standing.TAKING_PART
    )
    stands = somebody(withdrawn=withdrawn, day0=day0, stopped=stopped, unusable=unusable)
    assert stands.standing is expected


@pytest.mark.parametrize(
    ("facts", "standing", "groups"),
    [
        ({}, "taking part", {Group.TAKING_PART}),
        ({"day0": False}, "no day 0", {Group.NO_DAY_0}),
        ({"stopped": True}, "said STOP", {Group.NOT_REACHABLE}),
        ({"unusable": True}, "number unusable", {Group.NOT_REACHABLE}),
        ({"withdrawn": True}, "withdrawn", {Group.WITHDRAWN}),
        ({"withdrawn": True, "stopped": True}, "withdrawn", {Group.WITHDRAWN}),
    ],
)
def test_everybody_is_found_in_the_group_of_her_standing(
    facts: dict[str, bool], standing: str, groups: set[Group]
) -> None:
    stands = somebody(**facts)
    assert stands.standing == standing
    assert {group for group in Group if stands.is_in(group)} == groups
    assert stands.is_reachable is (Group.NOT_REACHABLE not in groups)


@pytest.mark.parametrize(
    ("state", "has_day0"),
    [(EventState.PLANNED, True), (EventState.HAPPENED, True), (EventState.CANCELLED, False)],
)
def test_day_0_is_what_is_planned_or_happened(state: EventState, has_day0: bool) -> None:
    person = Participant(code="01-001", contact=Contact())
    person.events = [
        Event(kind="treatment_stopped", is_anchor=False, state=EventState.HAPPENED),
        Event(kind="first_infusion", is_anchor=True, state=state),
    ]
    anchor = progress(person, [], NOW).anchor
    assert (anchor is person.events[1]) is has_day0
    assert (anchor is None) is not has_day0


@pytest.fixture
def planned(session: Session) -> list[Assessment]:
    """Days 0, 7 and 14 of somebody infused on `DAY0`."""
    person = participant(backtobasic())
    infused(person, oslo(DAY0))
    return [visit(person, code) for code in ("d0", "d7", "d14")]


def test_what_was_answered_or_missed_was_expected_and_what_is_open_is_not_yet(planned: list[Assessment]) -> None:
    d0, d7, d14 = planned

    def counted(at: datetime) -> tuple[int, int, list[str], str | None]:
        stands = progress(d0.participant, planned, at)
        following = stands.next.visit if stands.next else None
        return stands.visits.answered, stands.visits.expected, [row.visit for row in stands.open], following

    submitted(d0, d0.opens_at)
    assert counted(d7.opens_at - INSTANT) == (1, 1, [], "d7")
    assert counted(d7.opens_at) == (1, 1, ["d7"], "d14")
    assert counted(d7.grace_until) == (1, 2, [], "d14")
    submitted(d7, d7.closes_at)
    assert counted(d14.opens_at) == (2, 2, ["d14"], None)
    withdraw(d0.participant, "moved away", d14.opens_at)
    assert counted(d14.grace_until) == (2, 2, [], None), "what withdrawal ended was not expected of her"


def listed(of: Study, site_ids: list[int], wanted: WhomToList = WhomToList()) -> list[Progress]:  # noqa: B008
    """The first page of the list."""
    return list(people(of, site_ids, NOW, wanted).people)


def test_her_figures_are_those_of_the_studys_compliance(session: Session) -> None:
    protocol = backtobasic()
    some = [participant(protocol, at_site) for at_site in ("01", "01", "02")]
    for day, person in enumerate(some[:2]):
        infused(person, oslo(DAY0 + timedelta(days=day)))
        submitted(visit(person, "d7"), oslo(DAY0 + timedelta(days=8)))
    everybody = listed(protocol.study, [some[0].site_id])
    assert [stands.participant for stands in everybody] == some[:2], "at the sites asked for, by pseudonym"
    total = compliance(protocol.study, NOW, [some[0].site_id]).total()
    assert sum(stands.visits.answered for stands in everybody) == total.answered == 2
    assert sum(stands.visits.expected for stands in everybody) == total.expected


def test_who_has_no_visit_yet_is_listed_too(session: Session) -> None:
    protocol = backtobasic()
    person = participant(protocol)
    (stands,) = listed(protocol.study, [person.site_id])
    assert (stands.participant, stands.standing, stands.visits.planned) == (person, Standing.NO_DAY_0, 0)
    planned = plan_event(person, "first_infusion", NOW.date(), None, NOW)
    session.expire_all()
    assert listed(protocol.study, [person.site_id])[0].standing is Standing.TAKING_PART
    cancel_event(planned, NOW)
    assert listed(protocol.study, [person.site_id])[0].standing is Standing.NO_DAY_0


def everybody_there_is(session: Session) -> tuple[Study, list[Participant]]:
    """One participant for each way to stand, at two sites, and one whose visit is open."""
    protocol = backtobasic()
    some = []
    for number, facts in enumerate(product([True, False], repeat=4)):
        withdrawn, day0, stopped, unusable = facts
        person = participant(protocol, "01" if number % 2 else "02")
        if day0:
            infused(person, NOW - timedelta(days=7 if number % 3 else 3))
        person.contact.opted_out_at = NOW if stopped else None
        person.contact.unusable_since = NOW if unusable else None
        if withdrawn:
            withdraw(person, "moved away", NOW - timedelta(hours=1))
        some.append(person)
    session.flush()
    return protocol.study, some


def test_the_database_tells_each_standing_as_the_rule_does(session: Session) -> None:
    _, some = everybody_there_is(session)
    rows = dict(session.execute(select(Participant.code, standing()).join(Participant.contact)).all())
    assert rows == {person.code: progress(person, [], NOW).standing.value for person in some}
    assert set(rows.values()) == set(Standing)


@pytest.mark.parametrize("group", list(Group))
@pytest.mark.parametrize("at_site", [None, "01"])
def test_the_list_of_a_group_holds_whom_the_rule_puts_there(
    session: Session, group: Group, at_site: str | None
) -> None:
    study, some = everybody_there_is(session)
    sites = [person.site_id for person in some]
    chosen = people(study, sites, NOW, WhomToList(at_site, group))
    everybody = [stands for stands in listed(study, sites) if at_site in (None, stands.participant.site.code)]
    expected = [stands.participant.code for stands in everybody if stands.is_in(group)]
    assert [stands.participant.code for stands in chosen.people] == expected
    assert 0 < chosen.total == len(expected) < 16


@pytest.mark.parametrize(
    ("letters", "total"), [("01-00", 8), ("1-003", 1), ("%", 0), ("_", 0), ("\\", 0), ("02", 9), ("", 16), ("'", 0)]
)
def test_letters_of_a_pseudonym_are_looked_for_as_they_stand(session: Session, letters: str, total: int) -> None:
    study, some = everybody_there_is(session)
    assert people(study, [person.site_id for person in some], NOW, WhomToList(code=letters)).total == total


def test_pages_show_everybody_once_by_pseudonym(session: Session) -> None:
    protocol = backtobasic()
    codes = [participant(protocol, "01").code for _ in range(2 * PEOPLE_ON_PAGE + 1)]
    sites, after, shown = [site(protocol.study, "01").id], "", []
    for number in (PEOPLE_ON_PAGE, PEOPLE_ON_PAGE, 1):
        page = people(protocol.study, sites, NOW, WhomToList(), after=after)
        assert (len(page.people), page.total) == (number, len(codes))
        shown += [stands.participant.code for stands in page.people]
        after = page.next or ""
    assert (shown, page.next) == (codes, None)


@pytest.mark.parametrize("number", [1, PEOPLE_ON_PAGE])
def test_a_page_costs_the_same_statements_for_one_and_for_many(session: Session, number: int) -> None:
    protocol = backtobasic()
    for _ in range(number):
        infused(participant(protocol, "01"), NOW)
    session.flush()
    session.expunge_all()
    statements: list[str] = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *of: statements.append(of[2]))
    study = session.scalars(select(Study)).one()
    statements.clear()
    for stands in people(study, [site(study, "01").id], NOW, WhomToList()).people:
        assert stands.participant.protocol.plan
        assert (stands.participant.site.code, stands.standing) == ("01", Standing.TAKING_PART)
    assert len(statements) <= 8

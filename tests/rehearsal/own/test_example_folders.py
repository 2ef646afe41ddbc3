"""The studies in `examples/` hang together: what files say of each other is there, and their questionnaires hold."""

from datetime import date
from functools import cache
from pathlib import Path

import pytest

from app.analysis.trial.plan import Plan
from app.analysis.trial.plan_schema import read_plan
from app.core.problems import BadInput
from app.instruments.folders import read_folder
from app.instruments.library import instruments
from app.instruments.proving import prove
from app.rehearsal.own.folder import StudyFolder, check_effects, check_events, read_study_folder
from app.rehearsal.own.people import people_of
from app.rehearsal.own.simulation import OwnSimulation
from app.schedule.public_holidays import holidays_at
from app.studies.protocol import Protocol, read_protocol
from app.studies.protocol.known import Known, known_questionnaires

EXAMPLES = Path(__file__).parents[3] / "examples"
STUDIES = ("registry", "knee")


@cache
def folder(study: str) -> StudyFolder:
    return read_study_folder(EXAMPLES / study)


@cache
def protocol(study: str) -> Protocol:
    own = [read_folder(path).instrument for path in folder(study).instruments]
    return read_protocol(folder(study).protocol, facts=Known(known_questionnaires([*instruments(), *own])))


@cache
def knee_plan() -> Plan:
    source = folder("knee").analysis
    assert source is not None
    return read_plan(source)


@pytest.mark.parametrize("study", STUDIES)
def test_what_a_simulation_names_is_in_the_protocol(study: str) -> None:
    check_events(folder(study).simulation, protocol(study))
    assert protocol(study).study == study
    assert set(folder(study).simulation.events) <= set(protocol(study).events)


@pytest.mark.parametrize("study", STUDIES)
def test_every_questionnaire_that_is_asked_is_there_in_every_language(study: str) -> None:
    own = {path.name: read_folder(path).instrument for path in folder(study).instruments}
    there = {each.code: each for each in instruments()} | own
    codes = {code for visit in protocol(study).visits for code in visit.instruments}
    lacking = [(code, language) for code in sorted(codes) for language in protocol(study).languages
               if language not in there[code].languages]  # fmt: skip
    assert lacking == []
    assert set(own) <= codes


@pytest.mark.parametrize("path", folder("knee").instruments, ids=lambda path: path.name)
def test_the_questionnaires_of_the_knee_score_as_their_vectors_say(path: Path) -> None:
    read = read_folder(path)
    assert read.notes == ()
    assert prove(read.instrument, read.vectors).failures == ()
    assert len(read.vectors) >= (2 if read.instrument.scores else 0)


def test_the_plans_name_visits_of_the_protocol_by_their_codes() -> None:
    source = folder("registry").analysis
    assert source is not None
    register, knee = read_plan(source), knee_plan()
    quarters = {visit.code: visit.day for visit in protocol("registry").visits}
    assert {day: quarters[code] for day, code in register.visit_codes.items()} == {day: day for day in register.days}
    assert register.anchor.event == protocol("registry").anchor
    (after_flare,) = [other for other in knee.outcomes if other.visit_codes]
    flares = {visit.code: visit.day for visit in protocol("knee").visits if visit.anchor == "flare"}
    assert flares == {code: day for day, code in after_flare.visit_codes.items()}


def test_the_plan_of_the_knee_trial_asks_for_what_the_protocol_gives() -> None:
    plan, study = knee_plan(), protocol("knee")
    days = {visit.day for visit in study.visits if "knee_life" in visit.instruments and visit.day > 0}
    assert set(plan.days) == days
    assert plan.primary_day == study.visit(study.primary_visit or "").day
    assert plan.anchor.event == study.anchor
    assert set(plan.stopping_events) <= set(study.events)
    assert len(plan.arms.each) == 3
    check_effects(folder("knee").simulation, [arm.label for arm in plan.arms.each])


@pytest.mark.parametrize(
    ("effects", "arms", "said"),
    [
        ({"home": -0.5}, ["class", "advice"], "an effect to home; the plan of analysis has class, advice"),
        ({"home": -0.5}, [], "an effect to home; the plan of analysis names no arms"),
        ({"class": 0.1, "Class": 0.1}, ["class"], "an effect to Class; the plan of analysis has class"),
    ],
)
def test_an_effect_of_an_arm_that_the_plan_does_not_have_is_refused(
    effects: dict[str, float], arms: list[str], said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        check_effects(OwnSimulation(effects=effects), arms)


@pytest.mark.parametrize(
    ("on", "closed_at"),
    [
        (date(2026, 4, 3), {"01", "02", "03", "04"}),  # Good Friday
        (date(2026, 4, 6), {"01", "02", "03"}),  # Easter Monday
        (date(2026, 5, 4), {"03", "04"}),  # the early May bank holiday
        (date(2026, 5, 14), {"01", "02"}),  # Ascension Day
        (date(2026, 5, 25), {"03", "04"}),  # the spring bank holiday
        (date(2026, 8, 3), {"04"}),  # the summer bank holiday in Scotland
        (date(2026, 8, 31), {"03"}),  # the summer bank holiday in England
        (date(2026, 12, 26), {"01", "02", "03", "04"}),
        (date(2026, 6, 10), set()),
    ],
)
def test_each_site_of_the_knee_trial_keeps_the_holidays_of_its_own_part_of_a_country(
    on: date, closed_at: set[str]
) -> None:
    sites = [site.code for site in protocol("knee").sites]
    assert {code for code in sites if on in holidays_at(protocol("knee"), code)} == closed_at


def test_the_people_of_the_knee_trial_speak_and_live_as_at_their_sites_and_share_the_arms() -> None:
    arms = [arm.label for arm in knee_plan().arms.each]
    people = people_of(protocol("knee"), folder("knee").simulation, arms)
    assert {(person.site, person.language, person.zone, person.phone[:3]) for person in people} == {
        ("01", "sv", "Europe/Stockholm", "+46"),
        ("02", "sv", "Europe/Stockholm", "+46"),
        ("03", "en", "Europe/London", "+44"),
        ("04", "en", "Europe/London", "+44"),
    }
    counts = {(site, arm): sum((person.site, person.arm) == (site, arm) for person in people)
              for site in ("01", "02", "03", "04") for arm in arms}  # fmt: skip
    assert set(counts.values()) == {5}


def test_diaries_of_the_knee_trial_run_over_the_change_of_clocks() -> None:
    people = people_of(protocol("knee"), folder("knee").simulation, ())
    first = [at.date() for person in people for kind, at in person.events if kind == "first_session"]
    over = [day for day in first if day < date(2026, 3, 29) <= date.fromordinal(day.toordinal() + 14)]
    assert len(over) >= 10


def test_some_people_of_the_knee_trial_are_written_emails_and_of_some_they_come_back() -> None:
    people = people_of(protocol("knee"), OwnSimulation(participants=60, emails=0.3, returned=0.2), ())
    mailed = [person for person in people if person.email]
    assert len({person.email for person in mailed}) == len(mailed)
    assert 10 <= len(mailed) <= 26
    assert 0 < sum(person.returned for person in people) < len(mailed) / 2
    assert not any(person.returned for person in people if not person.email)


@pytest.mark.parametrize(
    ("study", "emails", "mailed"), [("knee", 0.0, 0), ("knee", 1.0, 12), ("registry", 1.0, 0)], ids=str
)
def test_nobody_is_mailed_where_the_protocol_writes_no_emails(study: str, emails: float, mailed: int) -> None:
    people = people_of(protocol(study), OwnSimulation(participants=12, emails=emails), ())
    assert sum(bool(person.email) for person in people) == mailed

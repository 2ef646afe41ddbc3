"""Any study's folder is rehearsed: a diary, flares, visits before day 0; and what is wrong with it is said."""

from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.problems import BadInput, Conflict
from app.exports.dataset import dataset
from app.exports.standards.night import standard_files
from app.messages.models import Message, MessageState
from app.messages.monitoring.ledger import books
from app.participants.models import Participant
from app.rehearsal import results
from app.rehearsal.own import rehearsing
from app.rehearsal.own.folder import StudyFolder, check_events, read_study_folder
from app.rehearsal.own.people import people_of
from app.rehearsal.own.playing import OwnTrial
from app.rehearsal.own.simulation import OwnEvent, OwnSimulation
from app.schedule.compliance import compliance
from app.schedule.models import Assessment, State
from app.studies.models import Study
from app.yaml_files import FileError
from tests.exports.standards import conforming, defining
from tests.studies.protocol.protocols import read
from tests.studies.protocol.second import FLARES as FLARE_WEEK
from tests.studies.protocol.second import second

CHANNELS = """channels: [email, sms]
email:
  subject: {en: Some questions for you}
  footer: {en: "No more of these? {unsubscribe}"}
"""
STAFF_OPEN = """\
  - {code: seen, opened_by: staff, closes: 3d, minutes: 1, instruments: [nrs_lbp]}
  - {code: scan, opened_by: staff, sites: ["02"], closes: +6h, minutes: 1, instruments: [nrs_lbp]}
"""
SHORT = second(
    ('days: 1-14, at: "07:30"', 'days: 1-3, at: "07:30"'),
    ('days: 1-14, at: "19:30"', 'days: 1-3, at: "19:30"'),
    ("every: 3m, until: 5y", "every: 4w, until: 8w"),
    (FLARE_WEEK, FLARE_WEEK + STAFF_OPEN),
)  # fmt: skip
FLARES = OwnSimulation(
    participants=4, leaves=0.3, enrolled_over_days=3,
    events={"surgery": OwnEvent((14, 16)), "flare": OwnEvent((18, 30), 1.0, 2)},
)  # fmt: skip


def folder(at: Path, protocol: str = SHORT, simulation: str = "") -> Path:
    at.mkdir(exist_ok=True)
    (at / "protocol.yaml").write_text(protocol, "utf-8")
    if simulation:
        (at / "simulation.yaml").write_text(simulation, "utf-8")
    return at


def test_a_study_with_a_diary_and_flares_is_played_and_its_books_close(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    source = StudyFolder(folder(tmp_path / "knee") / "protocol.yaml", (), None, FLARES)
    study, people = rehearsing._begin(source, None)
    start, end = rehearsing.span(study, people)
    OwnTrial(app, study, "rehearsal", start, end, people=people, simulation=FLARES).play()
    session.rollback()
    states = compliance(study, end).total().states
    kinds = Counter(visit.split("-")[0] for visit in session.scalars(select(Assessment.visit)))
    assert kinds["morning"] == kinds["evening"] == 3 * 4
    assert kinds["flare"] == sum(kind == "flare" for person in people for kind, _ in person.events) > 4
    left = {person.code for person in people if person.leaves is not None}
    assert kinds["seen.1"] >= 4 - len(left)
    scanned = select(Participant.code).join(Assessment).where(Assessment.visit == "scan.1")
    assert (
        {person.code for person in people if person.site == "02"} - left
        <= set(session.scalars(scanned))
        <= {person.code for person in people if person.site == "02"}
    )
    answered = select(Assessment.id).where(
        Assessment.visit.in_(["seen.1", "scan.1"]), Assessment.submitted_at.is_not(None)
    )
    assert len(session.scalars(answered).all()) >= 2
    assert states[State.COMPLETED] > states.total() / 2
    assert states[State.OPEN] == states[State.NOT_DUE] == 0
    ledger = books(study, now=end)
    assert ledger.balanced
    assert (ledger.unknown, ledger.pending) == (0, 0)
    assert len(session.scalars(select(Participant).where(Participant.practice)).all()) == 4
    diary = select(Assessment.send_at, Message.sent_at).join(Message.assessment).where(Message.kind == "invitation")
    diary = diary.where(Assessment.visit.regexp_match("^(morning|evening)-"), Message.sent_at.is_not(None))
    times = session.execute(diary.order_by(Assessment.id)).all()
    assert len(times) >= 20
    assert [sent_at for _, sent_at in times] == [send_at for send_at, _ in times]
    assert results.counts(study, end)["assessments"]["planned"] == states.total()
    leaves_by_the_rules_of_cdisc(study, end, tmp_path / "night")


def leaves_by_the_rules_of_cdisc(study: Study, now: datetime, night: Path) -> None:
    """Visits of a diary, of events and of staff, and people without an operation: what another trial does not have."""
    night.mkdir()
    assert dict(standard_files(dataset(study, now), night))
    data_sets = conforming.read(night)
    assert [name for name, rows in data_sets.items() if not rows] == []
    assert conforming.broken(data_sets) == {}
    assert defining.broken(defining.night_of(night)) == {}


@pytest.mark.parametrize(
    ("states", "books", "said"),
    [
        ({"planned": 0, "completed": 0}, {"owed": 0, "delivered": 0}, [", 0 visits.", "0 texts owed. The"]),
        ({"planned": 3, "completed": 2, "missed": 1}, {"owed": 4, "delivered": 4, "failed": 0},
         ["3 visits: 2 completed, 1 missed.", "4 texts owed: 4 delivered. The"]),
    ],
    ids=["nothing", "some"],
)  # fmt: skip
def test_the_result_is_told_in_whole_sentences(
    states: dict[str, int], books: dict[str, int], said: list[str], tmp_path: Path
) -> None:
    summary = {"participants": 2, "assessments": states, "messages": books, "seconds": 1.0}
    sentences = rehearsing.in_words(rehearsing.Rehearsed("knee", summary), tmp_path)
    assert [sentence for sentence in said if sentence not in sentences] == []


def test_everybody_has_a_site_a_code_and_a_number_of_her_own() -> None:
    people = people_of(read(SHORT), OwnSimulation(participants=30), ["a", "b"])
    assert len({person.code for person in people}) == len({person.phone for person in people}) == 30
    assert Counter(person.site for person in people) == {"01": 15, "02": 15}
    assert Counter((person.site, person.arm) for person in people)["01", "a"] == 8
    assert all(person.phone.startswith("+47") for person in people)


def test_the_same_seed_makes_the_same_people_and_another_one_others() -> None:
    plan = read(SHORT)
    assert people_of(plan, FLARES, ()) == people_of(plan, FLARES, ())
    assert people_of(plan, FLARES, ()) != people_of(plan, OwnSimulation(participants=4, seed=2), ())


def test_without_a_simulation_day_0_leaves_time_for_what_comes_before_it() -> None:
    early = second(("opens: -7d, due: -1d", "opens: -30d, due: -30d"))
    people = people_of(read(early), OwnSimulation(participants=20, leaves=0), ())
    leads = [
        (at.date() - person.enrolled_on).days for person in people for kind, at in person.events if kind == "surgery"
    ]
    assert len(leads) == 20
    assert min(leads) >= 32


def test_a_folder_without_a_protocol_is_refused_with_what_belongs_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"holds no protocol\.yaml.*flask study new"):
        read_study_folder(tmp_path)


def test_the_folder_says_what_lies_in_it(tmp_path: Path) -> None:
    source = read_study_folder(folder(tmp_path, simulation="participants: 7\nevents:\n  flare: {after_days: [1, 2]}\n"))
    assert (source.simulation.participants, source.analysis, list(source.instruments)) == (7, None, [])
    assert source.simulation.events["flare"] == OwnEvent((1, 2))
    assert read_study_folder(tmp_path, 3).simulation.participants == 3
    (tmp_path / "analysis.yaml").write_text("", "utf-8")
    (tmp_path / "instruments" / "mine").mkdir(parents=True)
    source = read_study_folder(tmp_path)
    assert (source.analysis, source.instruments) == (tmp_path / "analysis.yaml", [tmp_path / "instruments" / "mine"])


@pytest.mark.parametrize(
    ("simulation", "line", "key"),
    [
        ("participants: 0\n", 1, "participants"),
        ("seed: 1\nparticipants: many\n", 2, "participants"),
        ("never: 0.9\nreminded: 0.2\n", 1, "never"),
        ("events:\n  surgery: {after_days: [9, 3]}\n", 2, "after_days"),
        ("events:\n  surgery: {share: 0.5}\n", 2, "after_days"),
        ("arms: 3\n", 1, "arms"),
        ("delay_hours: 0\n", 1, "delay_hours"),
        ("leaves: 1.5\n", 1, "leaves"),
    ],
)
def test_what_is_wrong_with_a_simulation_is_said_with_its_line(
    tmp_path: Path, simulation: str, line: int, key: str
) -> None:
    with pytest.raises(FileError) as caught:
        read_study_folder(folder(tmp_path, simulation=simulation))
    assert f"line {line}: " in str(caught.value)
    assert key in str(caught.value)


def test_an_event_that_the_protocol_does_not_have_is_named() -> None:
    plan = read(SHORT)
    check_events(FLARES, plan)
    with pytest.raises(BadInput, match="names the event fall; the protocol has enrolment, surgery, flare"):
        check_events(OwnSimulation(events={"fall": OwnEvent((1, 2))}), plan)


@pytest.mark.parametrize(
    ("books", "states"),
    [
        ({"owed": 3}, {}),
        ({"pending": 1, "delivered": 1}, {}),
        ({"unknown": 1, "delivered": 1}, {}),
        ({}, {"planned": 5}),
    ],
)
def test_books_that_do_not_add_up_end_the_rehearsal_in_a_sentence(
    books: dict[str, int], states: dict[str, int]
) -> None:
    sound = {"owed": 2, "delivered": 2, "accepted": 0, "failed": 0, "suppressed": 0, "unknown": 0, "pending": 0}
    whole = {"planned": 4, "completed": 3, "missed": 1}
    rehearsing._check_books({"messages": sound, "assessments": whole})
    with pytest.raises(Conflict, match="do not add up"):
        rehearsing._check_books({"messages": sound | books, "assessments": whole | states})


def test_everybody_is_randomised_in_the_days_after_enrolment_where_the_protocol_has_it_as_an_event() -> None:
    text = second(("  surgery: {", "  randomisation: {title: {en: Randomisation}}\n  surgery: {"))
    people = people_of(read(text), OwnSimulation(participants=20), ["a", "b"])
    days = [
        (at.date() - person.enrolled_on).days
        for person in people
        for kind, at in person.events
        if kind == "randomisation"
    ]
    assert len(days) == 20
    assert set(days) <= {1, 2, 3}


def test_emails_that_come_back_are_followed_by_texts_and_the_books_close(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    writes = SHORT.replace("messages:", CHANNELS + "messages:", 1)
    everybody = replace(FLARES, emails=1.0, returned=0.5, leaves=0.0, never=0.0)
    source = StudyFolder(folder(tmp_path / "knee", writes) / "protocol.yaml", (), None, everybody)
    study, people = rehearsing._begin(source, None)
    start, end = rehearsing.span(study, people)
    OwnTrial(app, study, "rehearsal", start, end, people=people, simulation=everybody).play()
    session.rollback()
    returned = {person.code for person in people if person.returned}
    assert 0 < len(returned) < len(people)
    ended = Counter(session.execute(select(Participant.code, Message.channel, Message.state).join(Message.participant)))
    mails = {(code, state): count for (code, channel, state), count in ended.items() if channel == "email"}
    assert {code for code, state in mails if state == MessageState.FAILED} == returned
    assert {count for (code, state), count in mails.items() if state == MessageState.FAILED} == {1}
    assert {code for code, channel, _ in ended if channel == "sms"} == returned
    assert books(study, now=end).balanced

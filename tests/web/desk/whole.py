"""A desk with something on each of its pages, and where each page stands: what walks over all pages begins here."""

from dataclasses import dataclass
from datetime import date, timedelta

from app.accounts.models import User
from app.accounts.programs import add_program
from app.accounts.roles import Permission, Role
from app.accounts.tokens import issue
from app.core.database import db
from app.core.networks import networks
from app.hooks.models import OF_A_STUDY
from app.hooks.subscribing import ping, subscribe
from app.messages.models import MessageState
from app.messages.receiving import replies
from app.participants.following import note_call, take, write_note
from app.participants.models import CallOutcome, Participant, Task, TaskKind
from app.responses.answering import submit
from app.responses.corrections import Query, ask
from app.responses.models import Answerer, Mode
from app.responses.sms import hear_replies
from app.responses.staff_entry import AboutEntry, enter, enter_again
from app.schedule.links import token
from app.schedule.models import Assessment
from app.studies.access import join
from app.studies.inviting import invite
from app.studies.models import Protocol, Study
from tests.factories import NOW, backtobasic, infused, message, oslo, participant, submitted, user, visit
from tests.responses.typed import fields_of
from tests.responses.visits import answers_to

NAME, NUMBER, UNKNOWN_NUMBER = "Kanari Nordmann", "+4740612345", "+4740654321"
WORDS = "Kanariord om vonde netter"
"""What somebody wrote to us."""
EMAIL = "kari@hospital.example"
HER = "participants/01-001"
ANSWERED = "participants/01-005"

PAGES = {
    "desk.begin": "/desk/",
    "desk.studies": "/desk/studies/",
    "accounts.account": "/account",
    "desk_today.today": "today/",
    "desk_today.read": "today/tasks/1",
    "desk_today.stranger": "today/strangers/1",
    "desk_week.sheet": "today/week",
    "desk_inbox.listing": "inbox/",
    "desk_participants.listing": "participants/",
    "desk_participants.show": HER,
    "desk_enrolment.form": "participants/new",
    "desk_upload.form": "participants/upload/",
    "desk_contact.show": f"{HER}/contact/",
    "desk_record.form": f"{HER}/record",
    "desk_pause.form": f"{HER}/pause/",
    "desk_lock.sign_off_form": f"{ANSWERED}/sign-off",
    "desk_visit.show": f"{ANSWERED}/visits/d28/",
    "desk_visit.link": f"{HER}/visits/d56/link",
    "desk_visit.paper": f"{HER}/visits/d49/paper",
    "desk_visit.seen": f"{HER}/visits/d49/seen",
    "desk_entry.form": f"{HER}/visits/d49/entry/",
    "desk_entry.second": f"{ANSWERED}/visits/d42/entry/second",
    "desk_entry.differing": f"{ANSWERED}/visits/d49/entry/differences",
    "desk.overview": "compliance/",
    "desk_visits.listing": "compliance/visits/",
    "desk_messages.listing": "messages/",
    "desk_text.show": "messages/1",
    "desk_upcoming.listing": "messages/upcoming",
    "desk_upcoming.ledger": "messages/ledger",
    "desk_corrections.listing": "corrections/",
    "desk_corrections.show": "corrections/1",
    "desk_corrections.signing": "corrections/1/signing",
    "desk_corrections.answers": "corrections/responses/1",
    "desk_audit.listing": "audit/",
    "desk_audit.reviewed": "audit/review",
    "desk_study.show": "study/",
    "desk_study.texts": "study/texts",
    "desk_lock.form": "study/lock",
    "desk_practising.form": "study/practice/",
    "desk_sites.show": "study/sites/01/",
    "desk_amendments.show": "study/versions/1.0/",
    "desk_amendments.dry_run": "study/versions/1.0/sites/01",
    "desk_webhooks.listing": "study/webhooks/",
    "preview.listed": "questionnaires/",
    "preview.show": "questionnaires/odi",
    "preview.page": "questionnaires/odi/page/en",
    "preview.bench": "questionnaires/bench",
    "desk_people.listing": "people/",
    "desk_exports.listing": "exports/",
    "report.front": "report/",
}
"""Every page that who works on a study opens, by its endpoint; what has no slash before it is of the study."""
FILES = {
    "desk_audit.whole": "audit/trail.csv",
    "desk_upload.sample": "participants/upload/sample.csv",
    "desk_week.file": "today/week.ics",
    "desk_exports.archive": "exports/2026-03-02.zip",
    "desk_exports.file": "exports/2026-03-02/participants.csv",
    "report.show": "report/report.html",
}
"""What is no page of ours: files to keep, and the report, which the analysis makes."""


@dataclass(frozen=True)
class WholeDesk:
    """The study, and what is nobody's to read on its pages."""

    study: Study
    link: str
    """The capability of the open visit of 01-001."""
    invitation: str
    program_token: str


def address(path: str) -> str:
    """Of a page, from the root."""
    return path if path.startswith("/") else f"/desk/backtobasic/{path}"


def whole_desk() -> WholeDesk:
    """A study with somebody late, unreached, called, asking to be called, and answered; and all who work there."""
    protocol = backtobasic()
    study = protocol.study
    member, other = user(email=EMAIL), user(study, Role.COORDINATOR)
    for role in Role:
        join(member, study, role)
    people = [_someone(protocol, name=NAME, phone=NUMBER), *(_someone(protocol) for _ in range(4))]
    _today(people, other)
    _answers(people[4], member, other)
    for sid, number in enumerate((people[3].contact.phone or "", UNKNOWN_NUMBER)):
        replies.keep({"MessageSid": f"SM{sid}", "From": number, "Body": WORDS}, NOW)
    hear_replies(NOW)
    _, invitation = invite(study, "new@hospital.example", "Ny Ansatt", Role.COORDINATOR, None, member, NOW)
    return WholeDesk(study, token(visit(people[0], "d56")), invitation, _programs(study))


def _someone(protocol: Protocol, **details: str) -> Participant:
    person = participant(protocol, now=oslo(date(2025, 12, 20)), **details)
    infused(person, oslo(date(2026, 1, 2)))
    return person


def _today(people: list[Participant], colleague: User) -> None:
    """Each kind of row: nothing answered, a text that failed, a call, tasks."""
    message(visit(people[0], "d56"), MessageState.DELIVERED, NOW - timedelta(days=2))
    message(visit(people[1], "d56"), MessageState.FAILED, NOW - timedelta(days=2), error_code="30003")
    note_call(people[2], CallOutcome.NO_ANSWER, "user:2", NOW - timedelta(days=1), again_at=None, note="at work")
    write_note(people[2], "is travelling until Friday", "user:2", NOW)
    take(people[2], colleague, NOW)
    due_at = NOW - timedelta(hours=1)
    for kind in (TaskKind.SAFETY, TaskKind.CALL_ME):
        db.session.add(Task(participant=people[3], kind=kind, created_at=due_at, due_at=due_at))
    db.session.flush()


def _answers(person: Participant, member: User, other: User) -> None:
    """A visit that was answered and is asked about; one typed once, and one typed twice that differs."""
    d28 = visit(person, "d28")
    response = submit(d28, answers_to(d28), d28.due_at + timedelta(days=3), language="en")
    ask(response, Query("odi", "lifting", "4", "She chose the line above.", "Note of 4 February"), other, NOW)
    for code in ("d42", "d49"):
        _typed(visit(person, code), other, now="1")
    enter_again(visit(person, "d49"), fields_of(visit(person, "d49"), nrs_lbp_week__now="2"), member, NOW)
    submitted(visit(person, "d35"), visit(person, "d35").due_at)


def _typed(assessment: Assessment, by: User, now: str) -> None:
    about = AboutEntry(Mode.PAPER, Answerer.HERSELF, assessment.due_at.date(), scan="binder 3", twice=True)
    enter(assessment, about, fields_of(assessment, nrs_lbp_week__now=now), by, NOW)


def _programs(study: Study) -> str:
    """A webhook that heard something, and a program with a token; returns the token."""
    hook, _ = subscribe(study, None, "http://127.0.0.1:9/heard", OF_A_STUDY, networks("127.0.0.0/8"), NOW)
    ping(hook)
    program = add_program("nightly-copy", "The nightly copy", NOW)
    join(program, study, Role.STATISTICIAN)
    _, secret = issue(program, [Permission.DOWNLOAD_EXPORT], NOW + timedelta(days=90), NOW)
    return secret

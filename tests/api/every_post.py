"""Every change that the API knows, sent once as it is meant, in an order in which each is accepted."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.accounts import tokens
from app.accounts.roles import Role
from app.core.time import moved_clock
from app.messages.models import Stranger
from app.messages.receiving import replies
from app.participants.models import Participant, Task
from app.responses.sms import hear_replies
from app.studies.models import Study
from tests.api.asking import BODY
from tests.api.conftest import EVERYTHING, Program, Programs
from tests.api.test_hooks import ENTRY
from tests.api.test_queries import ASKED, VOIDING
from tests.exports.conftest import NOW
from tests.factories import installed, participant, user
from tests.schedule.test_unscheduled import TEXT

V1, STUDY = "/api/v1", "/api/v1/studies/{study}"
PERSON, HOOK, QUERIES = f"{STUDY}/participants/{{code}}", f"{STUDY}/webhooks/{{hook_id}}", f"{STUDY}/corrections"
STAFF = "kari@hospital.example"
WHY = {"reason": "it was asked for"}
CLOSED: dict[str, Any] = {"outcome": "Called."}
FIRST, SECOND, NEW = {"code": "01-010"}, {"code": "01-002"}, {"code": "01-500"}
ROW = {"site": "01", "phone": "+4740655507", "name": "Ola", "consent": "1.0", "enrolled_on": "2026-04-07"}
Ids = dict[str, int | str]
NOTHING: Mapping[str, str] = MappingProxyType({})


class Change(NamedTuple):
    """One request: the address as the description has it, what fills it, the body, and who sends it."""

    path: str
    fills: Mapping[str, str] = NOTHING
    body: dict[str, Any] = WHY
    role: Role = Role.COORDINATOR
    named: str = ""
    """How the rest calls what this made."""


CHANGES = (
    Change(f"{STUDY}/participants", {}, BODY | NEW),
    Change(f"{STUDY}/participant-imports", {}, {"rows": [ROW]}),
    Change(f"{PERSON}/randomisation", NEW, {"on": "2026-04-07"}),
    Change(f"{PERSON}/consents", FIRST, {"document": "2.0", "given_on": "2026-04-07"}),
    Change(f"{PERSON}/events", SECOND, {"kind": "infusion", "state": "happened", "at": "2026-04-07T08:00:00Z"}),
    Change(f"{PERSON}/corrections", SECOND, {"language": "en", **WHY}),
    Change(f"{PERSON}/contact", SECOND, {"phone": "+4740655509", **WHY}),
    Change(f"{PERSON}/events/voiding", SECOND, {"kind": "first_infusion", "recorded_on": "2026-03-02", **WHY}),
    Change(f"{PERSON}/withdrawals", FIRST, {"grade": "no texts", "on": "2026-04-08", **WHY}, named="leaving_id"),
    Change(f"{PERSON}/withdrawals/{{leaving_id}}/undoing", FIRST),
    Change(f"{PERSON}/transfers", SECOND, {"site": "02", **WHY}),
    Change(f"{PERSON}/visits", {"study": "knee", "code": "01-001"}, {"visit": "extra", **WHY}),
    Change(QUERIES, {}, ASKED, named="correction_id"),
    Change(f"{QUERIES}/{{correction_id}}/closing"),
    Change(f"{QUERIES}/voiding", {}, VOIDING),
    Change(f"{STUDY}/tasks/{{task_id}}/readings"),
    Change(f"{STUDY}/tasks/{{task_id}}/closing", {}, CLOSED),
    Change(f"{STUDY}/strangers/{{stranger_id}}/readings"),
    Change(f"{STUDY}/strangers/{{stranger_id}}/closing", {}, CLOSED),
    Change(f"{STUDY}/snapshots", {}, {}, Role.STATISTICIAN),
    Change(f"{STUDY}/webhooks", {}, ENTRY, Role.DATA_MANAGER, "hook_id"),
    Change(f"{HOOK}/pings", {}, {}, Role.DATA_MANAGER, "delivery_id"),
    Change(f"{HOOK}/deliveries/{{delivery_id}}/replays", {}, {}, Role.DATA_MANAGER),
    Change(f"{HOOK}/pause", {}, WHY, Role.DATA_MANAGER),
    Change(f"{HOOK}/going-on", {}, {}, Role.DATA_MANAGER),
    Change(f"{HOOK}/ending", {}, WHY, Role.DATA_MANAGER),
    Change(f"{STUDY}/people/second-factor-resets", {}, {"email": STAFF, **WHY}, Role.ADMINISTRATOR),
    Change(f"{STUDY}/people/withdrawals", {}, {"email": STAFF, "role": "coordinator", "site": "02", **WHY},
           Role.ADMINISTRATOR),
)  # fmt: skip


@dataclass(frozen=True)
class World:
    """Who sends it, and what the changes are about: somebody who wrote, a stranger, one more of the staff."""

    programs: Callable[[str, Role], Program]
    ids: Ids = field(default_factory=dict)

    def send_twice(self, change: Change) -> TestResponse:
        """The same with a name that comes twice, the second time with what is meant."""
        fills = {"study": "backtobasic", **self.ids, **change.fills}
        program = self.programs(str(fills["study"]), change.role)
        name = next(iter(change.body), "reason")
        content = f'{{"{name}": "x", {json.dumps(change.body or WHY)[1:]}'
        with moved_clock(lambda: NOW):
            return program.client.post(
                change.path.format(**fills), headers=program.headers | {"If-Match": "*"}, data=content,
                content_type="application/json",
            )  # fmt: skip

    def send(self, change: Change) -> TestResponse:
        """Send it, as of the tests' day, having seen what it is about."""
        fills = {"study": "backtobasic", **self.ids, **change.fills}
        program = self.programs(str(fills["study"]), change.role)
        headers = program.headers | {"If-Match": "*"}
        with moved_clock(lambda: NOW):
            answer = program.client.post(change.path.format(**fills), headers=headers, json=change.body)
        if change.named and answer.is_json:
            made = answer.get_json()
            self.ids[change.named] = made.get("hook", made).get("id", "")
        return answer


def world(study: Study, session: Session, program: Programs) -> World:
    """The study of the exports with a task, a stranger, one more of the staff; another has visits that staff open."""
    someone = user(study, Role.COORDINATOR, "02", email=STAFF)
    someone.tf_primary_method, someone.tf_totp_secret = "authenticator", "closed"
    writer = session.scalars(select(Participant).filter_by(study_id=study.id, code="01-003")).one()
    replies.keep({"MessageSid": "SM1", "From": writer.contact.phone or "", "Body": "Ring meg"}, NOW)
    replies.keep({"MessageSid": "SM2", "From": "+4799999999", "Body": "Hei"}, NOW)
    hear_replies(NOW)
    other = participant(installed(TEXT, NOW), now=NOW).study
    session.commit()
    ids: Ids = {
        "task_id": session.scalars(select(Task.id).order_by(Task.id)).all()[0],
        "stranger_id": session.scalars(select(Stranger.id)).one(),
    }
    programs: dict[tuple[str, Role], Program] = {}

    def of(code: str, role: Role) -> Program:
        if (code, role) not in programs:
            programs[code, role] = program(role) if code == study.code else _program_of(other, role, program, session)
        return programs[code, role]

    return World(of, ids)


def _program_of(other: Study, role: Role, program: Programs, session: Session) -> Program:
    """A program of the other study."""
    like = program(role)
    _, secret = tokens.issue(user(other, role), EVERYTHING, NOW.replace(year=2027), NOW)
    session.commit()
    return Program(like.client.application, secret)


def all_sent(of_world: World) -> Iterator[tuple[str, TestResponse, TestResponse]]:
    """Each change in its order, by its address in the description, with its answer to it and to a name twice in it."""
    for change in CHANGES:
        twice = of_world.send_twice(change)
        yield change.path, of_world.send(change), twice

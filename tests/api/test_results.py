"""What came back and what was sent, page by page; what a study asks; whether all is well."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.roles import GRANTS, Permission, Role
from app.core.audit import AuditEntry
from app.core.database import Base
from app.exports.dataset import dataset
from app.exports.models import RowsRead
from app.participants.grades import LeavingGrade
from app.participants.leaving import leave
from app.participants.models import Participant
from app.responses.models import (
    SIGNED,
    Answerer,
    Correction,
    CorrectionKind,
    CorrectionOutcome,
    Response,
    StaffEntry,
)
from app.studies.models import Study
from tests import factories
from tests.api.asking import S
from tests.api.conftest import Program, Programs
from tests.exports.builders import NAME, PHONE
from tests.exports.conftest import NOW

PAGED = ("responses", "answers", "scores", "messages")
ROUTES = {
    "responses": Permission.DOWNLOAD_EXPORT,
    "answers": Permission.DOWNLOAD_EXPORT,
    "scores": Permission.DOWNLOAD_EXPORT,
    "messages": Permission.VIEW_MESSAGES,
    "ledger": Permission.VIEW_MESSAGES,
    "protocol": Permission.VIEW_COMPLIANCE,
    "instruments": Permission.VIEW_COMPLIANCE,
}
OF_THE_WHOLE = ("responses", "answers", "scores", "ledger")


@pytest.fixture
def statistician(program: Programs) -> Program:
    return program(Role.STATISTICIAN)


def everything(program: Program, kind: str, limit: int, query: str = "") -> list[dict[str, Any]]:
    """All pages, one after the other."""
    items, after = [], ""
    while True:
        page = program.get(f"{S}/{kind}?limit={limit}{query}{after}").get_json()
        items += page["items"]
        if page["next"] is None:
            return items
        after = f"&after={page['next']}"


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("kind", ROUTES)
def test_each_role_gets_what_it_is_granted(program: Programs, kind: str, role: Role) -> None:
    may = ROUTES[kind] in GRANTS[role]
    assert program(role).get(f"{S}/{kind}").status_code == (200 if may else 403)


@pytest.mark.parametrize("kind", ROUTES)
def test_a_role_at_one_site_gets_no_whole_study(program: Programs, kind: str) -> None:
    role = Role.STATISTICIAN if ROUTES[kind] is Permission.DOWNLOAD_EXPORT else Role.MONITOR
    answer = program(role, at_site="02").get(f"{S}/{kind}")
    assert answer.status_code == (403 if kind in OF_THE_WHOLE else 200)
    if kind == "messages":
        assert answer.get_json()["items"] == []


@pytest.mark.parametrize("limit", [1, 2, 1000])
@pytest.mark.parametrize("kind", ["answers", "scores"])
def test_pages_are_the_nights_table(statistician: Program, study: Study, kind: str, limit: int) -> None:
    table = dataset(study, NOW).table(kind)
    names = ["participant", "visit", "instrument", "item" if kind == "answers" else "score", "missing_reason"]
    expected = {tuple(map(str, row)) for row in zip(*(table.column(name) for name in names), strict=True)}
    rows = everything(statistician, kind, limit)
    assert {tuple(str(row[name]) for name in names) for row in rows} == expected
    assert len(rows) == len(table)
    values = {(row["participant"], row["visit"], row[names[3]]): row["value"] for row in rows}
    nightly = zip(*(table.column(name) for name in (*names[:2], names[3], "value")), strict=True)
    for person, visit, name, value in nightly:
        assert values[str(person), str(visit), str(name)] == (
            value if kind == "answers" or value is None else float(str(value))
        )


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_responses_come_once_each_in_the_order_of_storing(statistician: Program, session: Session, limit: int) -> None:
    ids = list(session.scalars(select(Response.id).order_by(Response.id)))
    assert [row["id"] for row in everything(statistician, "responses", limit)] == ids
    first = statistician.get(f"{S}/responses?limit=1").get_json()["items"][0]
    assert first == {
        "id": ids[0], "participant": "01-010", "site": "01", "practice": True, "visit": "d0",
        "submitted_at": "2026-02-28T10:30:00Z", "voided_at": None, "mode": "page", "language": "nb",
        "instruments": ["odi"], "sha256": first["sha256"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("&since=2026-02-28T10:30:00Z", 5),
        ("&since=2026-02-28T10:30:01Z", 4),
        ("&since=2026-04-06T11:00:00%2B02:00", 1),
        ("&since=2026-04-08T00:00:00Z", 0),
        ("&participant=01-010", 2),
        ("&participant=01-010&visit=d28", 1),
        ("&visit=d0", 3),
        ("&participant=99-999", 0),
    ],
)
def test_what_came_since_then_or_of_somebody(statistician: Program, query: str, count: int) -> None:
    assert len(everything(statistician, "responses", 2, query)) == count


def typed_from_paper(answered: Response, someone: User) -> Base:
    return StaffEntry(
        assessment_id=answered.assessment_id, number=1, mode=answered.mode, answered_by=Answerer.HERSELF,
        answered_at=answered.submitted_at, twice=False, typed_by=someone, typed_at=NOW, answers_sealed=b"sealed",
    )  # fmt: skip


def decided(outcome: CorrectionOutcome) -> Callable[[Response, User], Base]:
    def change(answered: Response, someone: User) -> Base:
        signed = {"signer_name": "N", "meaning": "m", "sha256": "0" * 64} if outcome in SIGNED else {}
        return Correction(
            response=answered, kind=CorrectionKind.ANSWER, instrument="odi", item="sex_life", original_value="1",
            previous_value="1", proposed_value="2", reason="r", source="s", asked_by=factories.user(
                answered.assessment.participant.study, Role.COORDINATOR), asked_at=NOW - timedelta(days=1),
            outcome=outcome, decided_by=someone, decided_at=NOW, decision_reason="why", **signed,
        )  # fmt: skip

    return change


def called_off(answered: Response, _: User) -> Base:
    answered.assessment.voided_at = NOW
    return answered


@pytest.mark.parametrize(
    ("change", "is_news"),
    [
        (typed_from_paper, True),
        (called_off, True),
        (decided(CorrectionOutcome.APPROVED), True),
        (decided(CorrectionOutcome.REFUSED), False),
        (decided(CorrectionOutcome.CLOSED), False),
    ],
    ids=["typed", "voided", "corrected", "refused", "closed"],
)
def test_whoever_follows_a_study_hears_of_what_became_of_an_old_answer(
    statistician: Program, study: Study, session: Session,
    change: Callable[[Response, User], Base], is_news: bool,
) -> None:  # fmt: skip
    answered = session.scalars(select(Response).order_by(Response.submitted_at, Response.id)).first()
    assert answered is not None
    session.add(change(answered, factories.user(study, Role.INVESTIGATOR)))
    session.commit()
    for kind in ("responses", "answers", "scores"):
        news = everything(statistician, kind, 2, f"&since={NOW:%Y-%m-%dT%H:%M:%SZ}")
        assert bool(news) is is_news, kind
        assert all((row["participant"], row["visit"]) == ("01-010", "d0") for row in news)


def test_whoever_forbids_the_use_of_her_answers_is_in_no_page(statistician: Program, session: Session) -> None:
    person = session.scalars(select(Participant).filter_by(code="01-010")).one()
    leave(person, LeavingGrade.NO_FURTHER_USE, None, "no reason given", NOW)
    session.commit()
    for kind in ("responses", "answers", "scores"):
        assert "01-010" not in {row["participant"] for row in everything(statistician, kind, 100)}


@pytest.mark.parametrize("kind", PAGED)
@pytest.mark.parametrize(
    "query", ["limit=0", "limit=many", "after=-1", "after=x", "since=yesterday", "since=2026-04-07", "colour=red"]
)
def test_what_is_no_page_is_refused(program: Programs, kind: str, query: str) -> None:
    role = Role.MONITOR if kind == "messages" else Role.STATISTICIAN
    assert program(role).get(f"{S}/{kind}?{query}").status_code == 400


def test_texts_are_listed_without_words_or_numbers(program: Programs) -> None:
    monitor = program(Role.MONITOR)
    rows = everything(monitor, "messages", 2)
    assert [row["id"] for row in rows] == sorted({row["id"] for row in rows})
    assert {row["state"] for row in rows} == {"delivered", "failed", "accepted", "suppressed"}
    (stopped,) = everything(monitor, "messages", 2, "&state=suppressed")
    assert (stopped["participant"], stopped["visit"], stopped["reason"]) == ("01-002", "d7", "opted out")
    assert {row["participant"] for row in everything(monitor, "messages", 2, "&participant=01-010")} == {"01-010"}
    newest = max(row["settled_at"] or row["owed_at"] for row in rows)
    assert everything(monitor, "messages", 100, f"&since={newest}")
    assert everything(monitor, "messages", 100, "&since=2026-12-01T00:00:00Z") == []
    text = monitor.get(f"{S}/messages").text
    assert (PHONE in text, NAME in text) == (False, False)


def test_the_ledger_is_the_books(program: Programs) -> None:
    whole = program(Role.MONITOR).get(f"{S}/ledger").get_json()
    parts = ("delivered", "accepted", "failed", "suppressed", "unknown", "pending")
    assert whole["balanced"] == (whole["owed"] == sum(whole[part] for part in parts) and not whole["contradictions"])
    assert (whole["failed"], whole["suppressed"], whole["reasons"]["opted out"]) == (1, 1, 1)
    day = program(Role.MONITOR).get(f"{S}/ledger?day=2026-03-09").get_json()
    assert 0 < day["owed"] < whole["owed"]
    assert program(Role.MONITOR).get(f"{S}/ledger?day=yesterday").status_code == 400


def test_the_protocol_and_what_it_asks(program: Programs) -> None:
    monitor = program(Role.MONITOR)
    protocol = monitor.get(f"{S}/protocol").get_json()
    assert (protocol["versions"], "backtobasic" in protocol["source"]) == ([protocol["version"]], True)
    by_code = {each["code"]: each for each in monitor.get(f"{S}/instruments").get_json()["items"]}
    assert {"odi", "eq5d5l", "nrs_lbp"} <= set(by_code)
    odi = by_code["odi"]
    assert (len(odi["items"]), odi["scores"]) == (10, ["odi", "odi_sum"])
    assert odi["items"][0]["codes"] == [0, 1, 2, 3, 4, 5]
    (now,) = [item for item in by_code["nrs_lbp"]["items"] if item["code"] == "now"]
    assert (now["minimum"], now["maximum"]) == (0, 10)


def test_whether_all_is_well_is_told_to_any_token(program: Programs) -> None:
    content = program(Role.STATISTICIAN, Permission.VIEW_COMPLIANCE).get("/health").get_json()
    assert content["status"] == "not ready"
    assert content["complaints"]
    assert all(isinstance(words, str) and PHONE not in words for words in content["complaints"].values())


def kept_reads(session: Session) -> list[tuple[object, ...]]:
    """What, how many rows, of how many people, and whose where they were one person's."""
    query = select(RowsRead.what, RowsRead.rows, RowsRead.participants, Participant.code)
    return [tuple(row) for row in session.execute(query.outerjoin(RowsRead.participant).order_by(RowsRead.id))]


GIVEN = [
    ("/responses", "responses", 5, 3, None),
    ("/responses?participant=01-010", "responses", 2, 1, "01-010"),
    ("/participants", "participants", 3, 3, None),
    ("/participants/01-010", "participants", 1, 1, "01-010"),
    ("/assessments?participant=01-010", "assessments", 18, 1, "01-010"),
]
"""Of the study of `tests.exports.conftest`."""


@pytest.mark.parametrize(("path", "what", "rows", "people", "whose"), GIVEN)
def test_rows_that_are_given_are_on_the_record(
    path: str, what: str, rows: int, people: int, whose: str | None, program: Programs, session: Session
) -> None:
    role = Role.STATISTICIAN if what == "responses" else Role.MONITOR
    given = program(role).get(f"{S}{path}").get_json()
    assert len(given.get("items", [given])) == rows
    assert kept_reads(session) == [(what, rows, people, whose)]


@pytest.mark.parametrize(
    "path",
    ["/compliance", "/protocol", "/instruments", "/responses?participant=99-999", "/participants?limit=0", "", "x"],
)
def test_an_answer_about_nobody_leaves_no_record(path: str, program: Programs, session: Session) -> None:
    program(Role.STATISTICIAN).get(f"{S}{path}")
    assert kept_reads(session) == []


def test_the_record_says_who_at_which_sites_and_holds_no_value(program: Programs, session: Session) -> None:
    for _ in range(2):
        program(Role.STATISTICIAN).get(f"{S}/answers?limit=2")
    program(Role.COORDINATOR, at_site="02").get(f"{S}/participants")  # nobody is there
    rows = session.scalars(select(RowsRead).order_by(RowsRead.id)).all()
    assert [row.sites for row in rows] == [["01", "02", "03", "04", "05"]] * 2
    assert [(row.read_at, row.read_by.startswith("user:")) for row in rows] == [(NOW, True)] * 2
    entries = session.scalars(select(AuditEntry).filter_by(table_name="public.rows_read").order_by(AuditEntry.id))
    assert [sorted(set(entry.new or {}) - {"id", "study_id", "participant_id"}) for entry in entries] == [
        ["participants", "read_at", "read_by", "rows", "sites", "token_prefix", "what"]
    ] * 2

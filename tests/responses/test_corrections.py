"""A patient's answer is corrected as a layer: one asks, another signs, the answer stays, the scores follow."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.roles import Permission, Role
from app.core.audit import AuditEntry
from app.core.problems import BadInput, Conflict, Forbidden, NotFound
from app.instruments import instrument as definition
from app.responses import corrections
from app.responses.answering import response_to, submit
from app.responses.corrections import Query, approve, ask, ask_to_void, checked_with, close, current_values, refuse
from app.responses.models import Answer, Correction, CorrectionOutcome, Response, Score
from app.responses.signatures import altered, signature
from app.schedule.compliance import compliance
from app.schedule.states import State
from app.studies.access import admit
from tests.factories import user
from tests.responses.visits import INFUSION, answers_to, participant, visit
from tests.some import some

D154 = INFUSION + timedelta(days=154)
DAY = timedelta(days=1)
ASKED_AT, SIGNED_AT = D154 + DAY, D154 + 2 * DAY


class Desk(NamedTuple):
    """A response to the visit of day 154, its coordinator and its investigator."""

    response: Response
    coordinator: User
    investigator: User

    def ask(
        self, item: str = "lifting", proposed: str = "4", instrument: str = "odi", at: datetime = ASKED_AT
    ) -> Correction:
        query = Query(instrument, item, proposed, "She chose the line above by mistake.", "Telephone note of 4 August")
        return ask(self.response, query, self.coordinator, at)


@pytest.fixture
def desk(session: Session) -> Desk:
    d154 = visit(participant(), "d154")
    response = submit(d154, answers_to(d154), D154, language="en")
    study = d154.participant.study
    return Desk(response, user(study, Role.COORDINATOR, "01"), user(study, Role.INVESTIGATOR, "01"))


def scores(session: Session, response: Response, instrument: str = "odi") -> list[Score]:
    """Its principal scores, the oldest first."""
    name = definition(instrument).scores[0].name
    query = select(Score).filter_by(response_id=response.id, instrument=instrument, name=name)
    return list(session.scalars(query.order_by(Score.id).execution_options(populate_existing=True)))


def odi_answer(session: Session, response: Response) -> Answer:
    return session.scalars(select(Answer).filter_by(response_id=response.id, instrument="odi", item="lifting")).one()


def test_an_approved_correction_is_a_layer_and_the_response_stays_as_it_came(desk: Desk, session: Session) -> None:
    content, sha256 = desk.response.content, desk.response.sha256
    correction = desk.ask()
    approve(correction, desk.investigator, SIGNED_AT)
    session.expire_all()
    assert current_values(desk.response)["odi", "lifting"] == "4"
    assert odi_answer(session, desk.response).value == "0"
    assert (desk.response.content, desk.response.sha256) == (content, sha256)
    assert (correction.original_value, correction.previous_value, correction.proposed_value) == ("0", "0", "4")


def test_scores_are_recomputed_and_the_old_ones_superseded_and_kept(desk: Desk, session: Session) -> None:
    (before,) = scores(session, desk.response)
    approve(desk.ask(), desk.investigator, SIGNED_AT)
    old, new = scores(session, desk.response)
    assert (old.id, old.value, old.superseded_at) == (before.id, Decimal(0), SIGNED_AT)
    assert (new.value, new.superseded_at, new.scored_at) == (Decimal(8), None, SIGNED_AT)
    assert new.input_sha256 != old.input_sha256


def test_scores_of_the_other_instruments_stay(desk: Desk, session: Session) -> None:
    approve(desk.ask(), desk.investigator, SIGNED_AT)
    others = [score for score in session.scalars(select(Score).order_by(Score.id)) if score.instrument != "odi"]
    assert {score.superseded_at for score in some(others)} == {None}


def test_until_it_is_signed_nothing_changes(desk: Desk, session: Session) -> None:
    desk.ask()
    assert current_values(desk.response)["odi", "lifting"] == "0"
    assert [score.superseded_at for score in scores(session, desk.response)] == [None]


def test_a_response_read_again_from_its_rows_is_the_one_that_was_hashed(desk: Desk) -> None:
    assert checked_with(desk.response, {}, SIGNED_AT).canonical == desk.response.content


def test_the_signature_prints_name_time_and_meaning(desk: Desk) -> None:
    correction = desk.ask()
    approve(correction, desk.investigator, SIGNED_AT)
    assert (correction.signer_name, correction.decided_at) == ("Kari Nordmann", SIGNED_AT)
    assert correction.meaning == "I have compared this change with its source, and I approve it."
    assert correction.sha256 == signature(correction)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("proposed_value", "3"),
        ("original_value", "1"),
        ("previous_value", None),
        ("item", "walking"),
        ("instrument", "rmdq"),
        ("reason", "Another reason"),
        ("source", "Another source"),
        ("asked_by_id", -1),
        ("asked_at", ASKED_AT + DAY),
        ("outcome", CorrectionOutcome.REFUSED),
        ("decided_by_id", -1),
        ("decided_at", SIGNED_AT + timedelta(microseconds=1)),
        ("decision_reason", "because"),
        ("signer_name", "Ola Nordmann"),
        ("meaning", "I was there."),
        ("response_id", -1),
    ],
)
def test_a_signature_fits_nothing_else(desk: Desk, session: Session, column: str, value: object) -> None:
    correction = desk.ask()
    approve(correction, desk.investigator, SIGNED_AT)
    session.refresh(correction)
    assert list(altered([correction])) == []
    with session.no_autoflush:
        setattr(correction, column, value)
        assert list(altered([correction])) == [correction]
    session.expire(correction)


def test_a_signature_does_not_fit_another_response(desk: Desk, session: Session) -> None:
    correction = desk.ask()
    approve(correction, desk.investigator, SIGNED_AT)
    with session.no_autoflush:
        desk.response.sha256 = "0" * 64
        assert list(altered([correction])) == [correction]
    session.expire(desk.response)


@pytest.mark.parametrize(
    "decide", [approve, lambda query, signer, now: refuse(query, signer, "no", now)], ids=["approve", "refuse"]
)
def test_who_asks_cannot_decide(desk: Desk, session: Session, decide: Callable[..., None]) -> None:
    correction = desk.ask()
    with pytest.raises(Forbidden, match="Who asked for a change cannot decide it"):
        decide(correction, desk.coordinator, SIGNED_AT)
    session.refresh(correction)
    assert correction.outcome is None


def test_a_signature_needs_a_name_to_print(desk: Desk, session: Session) -> None:
    correction = desk.ask()
    desk.investigator.name = " "
    with pytest.raises(BadInput, match="A signature prints your name"):
        approve(correction, desk.investigator, SIGNED_AT)


def test_a_refused_query_changes_nothing_and_says_why(desk: Desk, session: Session) -> None:
    correction = desk.ask()
    refuse(correction, desk.investigator, "The note speaks of another visit.", SIGNED_AT)
    assert (correction.outcome, correction.decision_reason) == ("refused", "The note speaks of another visit.")
    assert correction.meaning == "I have compared this change with its source, and I refuse it."
    assert list(altered([correction])) == []
    assert current_values(desk.response)["odi", "lifting"] == "0"
    assert [score.superseded_at for score in scores(session, desk.response)] == [None]


def test_a_closed_query_is_not_signed_and_who_asked_may_close_it(desk: Desk) -> None:
    correction = desk.ask()
    close(correction, desk.coordinator, "It was another patient's note.", SIGNED_AT)
    assert (correction.outcome, correction.sha256, correction.signer_name) == ("closed", None, None)
    assert current_values(desk.response)["odi", "lifting"] == "0"
    desk.ask()


@pytest.mark.parametrize("first", ["approved", "refused", "closed"])
def test_a_query_is_decided_once(desk: Desk, first: str) -> None:
    correction = desk.ask()
    acts: dict[str, Callable[[], None]] = {
        "approved": lambda: approve(correction, desk.investigator, SIGNED_AT),
        "refused": lambda: refuse(correction, desk.investigator, "no", SIGNED_AT),
        "closed": lambda: close(correction, desk.coordinator, "no", SIGNED_AT),
    }
    acts[first]()
    for again in acts.values():
        with pytest.raises(Conflict, match=f"This query was {first} already"):
            again()


def test_one_open_query_per_item(desk: Desk) -> None:
    desk.ask()
    with pytest.raises(Conflict, match="There is an open query about this already"):
        desk.ask(proposed="3")
    desk.ask(item="walking")


def test_a_second_correction_stands_on_the_first(desk: Desk, session: Session) -> None:
    approve(desk.ask(), desk.investigator, SIGNED_AT)
    second = desk.ask(proposed="2", at=SIGNED_AT + DAY)
    approve(second, desk.investigator, SIGNED_AT + 2 * DAY)
    assert (second.original_value, second.previous_value, second.proposed_value) == ("0", "4", "2")
    assert current_values(desk.response)["odi", "lifting"] == "2"
    values = [(score.value, score.superseded_at) for score in scores(session, desk.response)]
    assert values == [(Decimal(0), SIGNED_AT), (Decimal(8), SIGNED_AT + 2 * DAY), (Decimal(4), None)]


def test_an_answer_can_be_corrected_to_not_answered(desk: Desk, session: Session) -> None:
    approve(desk.ask(proposed=""), desk.investigator, SIGNED_AT)
    assert current_values(desk.response)["odi", "lifting"] is None
    assert [score.n_answered for score in scores(session, desk.response)] == [10, 9]


@pytest.mark.parametrize(
    ("instrument", "item", "proposed", "sentence"),
    [
        ("odi", "lifting", "6", "6 is not an answer here; choose one of 0, 1, 2, 3, 4, 5"),
        ("odi", "lifting", "-1", "-1 is not an answer here"),
        ("odi", "lifting", "four", "give a whole number, not 'four'"),
        ("odi", "lifting", "0", "That is what is recorded already"),
        ("odi", "lifting", " 0 ", "That is what is recorded already"),
        ("odi", "flying", "1", "odi.flying was not asked at this visit"),
        ("hscl25", "ending_life", "1", "hscl25.ending_life was not asked at this visit"),
        ("", "", "1", " was not asked at this visit"),
    ],
)  # fmt: skip
def test_a_proposed_value_is_checked_as_any_answer(
    desk: Desk, session: Session, instrument: str, item: str, proposed: str, sentence: str
) -> None:
    with pytest.raises(BadInput, match=sentence):
        desk.ask(item, proposed, instrument)
    assert session.scalars(select(Correction).order_by(Correction.id)).all() == []


@pytest.mark.parametrize(
    ("reason", "source", "sentence"),
    [
        ("", "note", "Say the reason"),
        ("  ", "note", "Say the reason"),
        ("a mistake", "", "Say the source"),
        ("x" * 1001, "note", "The reason has 1001 characters; at most 1000"),
        ("a mistake", "x" * 1001, "The source has 1001 characters; at most 1000"),
    ],
)
def test_a_query_says_its_reason_and_its_source(desk: Desk, reason: str, source: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        ask(desk.response, Query("odi", "lifting", "4", reason, source), desk.coordinator, ASKED_AT)


def test_a_refusal_says_why(desk: Desk) -> None:
    correction = desk.ask()
    for act in (refuse, close):
        with pytest.raises(BadInput, match="Say the reason"):
            act(correction, desk.investigator, " ", SIGNED_AT)


SIGNED = (
    "outcome = 'approved', decided_at = now(), decided_by_id = {other}, sha256 = 'x', signer_name = 'K', meaning = 'M'"
)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ("outcome = 'approved'", "decided_when"),
        (SIGNED + ", decided_at = NULL", "decided_when"),
        ("decided_by_id = {other}", "decided_who"),
        (SIGNED.replace("'approved'", "'closed'") + ", decision_reason = 'x'", "signed"),
        (SIGNED.replace("sha256 = 'x'", "sha256 = NULL"), "signed"),
        (SIGNED.replace("signer_name = 'K'", "signer_name = NULL"), "signed_name"),
        (SIGNED.replace("meaning = 'M'", "meaning = NULL"), "signed_meaning"),
        (SIGNED.replace("{other}", "{asker}"), "two_people"),
        (SIGNED.replace("'approved'", "'refused'"), "refused_because"),
    ],
)
def test_the_database_refuses_half_a_decision(desk: Desk, session: Session, change: str, rule: str) -> None:
    desk.ask()
    assignments = _last_said(change.format(other=desk.investigator.id, asker=desk.coordinator.id))
    with pytest.raises(IntegrityError, match=f"ck_corrections_{rule}"):
        session.execute(text(f"UPDATE corrections SET {assignments}"))  # noqa: S608 - a constant of ours


def _last_said(change: str) -> str:
    """Of a column that is set twice, the last."""
    pairs = dict(each.split(" = ") for each in change.split(", "))
    return ", ".join(f"{name} = {value}" for name, value in pairs.items())


def test_the_database_lets_nobody_change_what_is_decided(desk: Desk, session: Session) -> None:
    approve(desk.ask(), desk.investigator, SIGNED_AT)
    with pytest.raises(ProgrammingError, match="is decided: it is not changed any more"):
        session.execute(update(Correction).values(decision_reason="afterwards"))


@pytest.mark.parametrize(
    "column", ["proposed_value", "reason", "source", "original_value", "asked_by_id", "response_id"]
)
def test_the_database_lets_nobody_change_what_was_asked(desk: Desk, session: Session, column: str) -> None:
    desk.ask()
    session.commit()
    with pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(update(Correction).values({column: None}))


def test_query_and_decision_are_in_the_audit_trail(desk: Desk, session: Session) -> None:
    approve(desk.ask(), desk.investigator, SIGNED_AT)
    session.commit()
    entries = session.scalars(select(AuditEntry).filter_by(table_name="public.corrections").order_by(AuditEntry.id))
    assert [(entry.action, (entry.new or {}).get("outcome")) for entry in entries] == [
        ("insert", None),
        ("update", "approved"),
    ]


def test_a_query_of_another_site_is_not_there(desk: Desk) -> None:
    correction, study = desk.ask(), desk.response.assessment.participant.study
    own_site = admit(desk.investigator, study.code, Permission.APPROVE)
    elsewhere = admit(user(study, Role.INVESTIGATOR, "02"), study.code, Permission.APPROVE)
    assert corrections.find_correction(own_site, correction.id) is correction
    assert corrections.find_response(own_site, desk.response.id) is desk.response
    assert (corrections.corrections_at(own_site), corrections.corrections_at(elsewhere)) == ([correction], [])
    for finding in (corrections.find_correction, corrections.find_response):
        with pytest.raises(NotFound, match="at your sites"):
            finding(elsewhere, 10**9)
    with pytest.raises(NotFound, match="There is no such query at your sites"):
        corrections.find_correction(elsewhere, correction.id)
    with pytest.raises(NotFound, match="There is no such response at your sites"):
        corrections.find_response(elsewhere, desk.response.id)


def test_the_list_of_open_queries_leaves_out_the_decided(desk: Desk) -> None:
    first, second = desk.ask(), desk.ask("walking")
    approve(first, desk.investigator, SIGNED_AT)
    scope = admit(desk.investigator, desk.response.assessment.participant.study.code, Permission.APPROVE)
    assert corrections.corrections_at(scope) == [first, second]
    assert corrections.corrections_at(scope, undecided=True) == [second]


def test_row_security_hides_corrections_of_other_sites(desk: Desk, session: Session) -> None:
    desk.ask()
    session.commit()
    seen = []
    for site in (desk.response.assessment.participant.site_id, -1):
        session.execute(text("SELECT set_config('svar.sites', :sites, true)"), {"sites": f"{{{site}}}"})
        seen.append(len(session.execute(select(Correction.id).order_by(Correction.id)).all()))
    assert seen == [1, 0]


def voiding(desk: Desk) -> Correction:
    return ask_to_void(desk.response, "Her husband answered.", "Telephone note", desk.coordinator, ASKED_AT)


def test_a_voided_response_counts_as_expected_and_not_as_answered(desk: Desk, session: Session) -> None:
    d154 = desk.response.assessment
    query = voiding(desk)
    assert d154.state(SIGNED_AT) is State.COMPLETED, "nothing is signed yet"
    approve(query, desk.investigator, SIGNED_AT)
    assert d154.state(SIGNED_AT) is State.VOIDED
    cell = compliance(d154.participant.study, SIGNED_AT).total("d154")
    assert (cell.answered_so_far, cell.asked_so_far, cell.expected) == (0, 1, 0), "it can still be answered"
    cell = compliance(d154.participant.study, d154.grace_until).total("d154")
    assert (cell.states[State.VOIDED], cell.answered, cell.expected) == (1, 0, 1)


def test_scores_of_a_voided_response_are_superseded_and_the_response_is_kept(desk: Desk, session: Session) -> None:
    content = desk.response.content
    approve(voiding(desk), desk.investigator, SIGNED_AT)
    session.expire_all()
    all_scores = session.scalars(select(Score).filter_by(response_id=desk.response.id).order_by(Score.id))
    assert {score.superseded_at for score in some(all_scores)} == {SIGNED_AT}
    assert desk.response.content == content
    assert odi_answer(session, desk.response).value == "0"


def test_voiding_is_signed_as_a_correction_is(desk: Desk) -> None:
    query = voiding(desk)
    with pytest.raises(Forbidden, match="Who asked"):
        approve(query, desk.coordinator, SIGNED_AT)
    approve(query, desk.investigator, SIGNED_AT)
    assert (query.kind, query.item, query.signer_name) == ("void", None, "Kari Nordmann")
    assert list(altered([query])) == []


def test_a_refused_voiding_leaves_the_answer_an_answer(desk: Desk, session: Session) -> None:
    refuse(voiding(desk), desk.investigator, "She answered herself.", SIGNED_AT)
    assert desk.response.assessment.state(SIGNED_AT) is State.COMPLETED
    assert [score.superseded_at for score in scores(session, desk.response)] == [None]


def test_of_a_voided_response_nothing_is_changed_any_more(desk: Desk) -> None:
    open_query = desk.ask()
    approve(voiding(desk), desk.investigator, SIGNED_AT)
    acts: list[Callable[[], object]] = [
        lambda: desk.ask("walking"),
        lambda: voiding(desk),
        lambda: approve(open_query, desk.investigator, SIGNED_AT),
    ]
    for act in acts:
        with pytest.raises(Conflict, match="This response was voided"):
            act()
    close(open_query, desk.coordinator, "The response was voided.", SIGNED_AT)


def test_one_open_voiding_at_a_time(desk: Desk) -> None:
    voiding(desk)
    with pytest.raises(Conflict, match="There is an open query about this already"):
        voiding(desk)


def test_only_what_was_submitted_can_be_voided(session: Session) -> None:
    d154 = visit(participant(), "d154")
    d154.voided_at = D154
    with pytest.raises(IntegrityError, match="ck_assessments_voided_answer"):
        session.flush()


def test_who_answers_the_same_again_is_still_told_that_it_arrived(desk: Desk) -> None:
    """What came is compared with what came, not with what was made of it."""
    approve(desk.ask(), desk.investigator, SIGNED_AT)
    d154 = desk.response.assessment
    assert submit(d154, answers_to(d154), D154, language="en") is response_to(d154)

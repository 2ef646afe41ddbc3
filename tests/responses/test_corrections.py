"""A patient's answer is corrected as a layer: one asks, another signs, the answer stays, the scores follow."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.accounts.roles import Permission, Role
from app.core.audit import AuditEntry
from app.core.problems import BadInput, Conflict, NotFound
from app.responses import corrections
from app.responses.corrections import Query, approve, ask, checked_with, close, current_values, refuse
from app.responses.models import Correction, Score
from app.responses.signatures import altered
from app.studies.access import admit
from tests.factories import user
from tests.responses.queries import ASKED_AT, DAY, SIGNED_AT, Desk, odi_answer, scores
from tests.responses.queries import desk as desk
from tests.some import some


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

"""Links: only what we signed opens; a re-issue kills the old one; a rotation of keys kills none."""

import ast
import base64
import inspect
import textwrap
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session, object_session

from app.core import crypto
from app.core.crypto import Keyring, new_key
from app.core.problems import Conflict, Gone, NotFound
from app.participants.models import Participant
from app.responses.opening import opening
from app.schedule.links import (
    VISIT_LOADING,
    behind,
    earlier,
    presented,
    reissue,
    resolve,
    token,
    token_of,
    token_within,
    url,
)
from app.schedule.models import Assessment
from tests.factories import NOW, backtobasic, participant, planned, submitted

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
OF_EVERY_SIGN = "AQABAAAAAAE_-kJ1" + "aB3-_xY9z" * 2
"""As long as a token, with the two signs that are neither letters nor digits."""


@pytest.fixture
def assessment(session: Session) -> Assessment:
    return planned(participant(backtobasic()), NOW.date())[0]


def link(assessment: Assessment) -> str:
    return token(assessment)


def test_a_link_leads_to_its_visit_and_is_the_same_each_time(assessment: Assessment) -> None:
    assert resolve(link(assessment)) is assessment
    assert link(assessment) == link(assessment)
    address = url(assessment, "https://svar.example.org")
    assert address == f"https://svar.example.org/a/{link(assessment)}"
    assert len(address) <= 64


def test_every_letter_counts(assessment: Assessment) -> None:
    text = link(assessment)
    for position, letter in enumerate(text):
        other = ALPHABET[(ALPHABET.index(letter) + 1) % 64]
        with pytest.raises(NotFound):
            resolve(text[:position] + other + text[position + 1 :])


def test_the_last_letter_has_no_twin(assessment: Assessment) -> None:
    text = link(assessment)
    for letter in set(ALPHABET) - {text[-1]}:
        with pytest.raises(NotFound):
            resolve(text[:-1] + letter)


@pytest.mark.parametrize("change", ["", "x", "A" * 34, "A" * 35, "é" * 34, "A" * 33 + "=", " " * 34, "\x00" * 34])
def test_what_is_no_link_is_not_found(assessment: Assessment, change: str) -> None:
    with pytest.raises(NotFound, match="not complete"):
        resolve(change)


@pytest.mark.parametrize("cut", [1, 2, 10, 33])
def test_a_link_that_lost_its_end_says_what_to_do(assessment: Assessment, cut: int) -> None:
    with pytest.raises(NotFound, match="Open it from the text message again"):
        resolve(link(assessment)[:-cut])


@pytest.mark.parametrize("more", [".", "=", "A", "/", "\n"])
def test_a_link_with_something_behind_it_is_not_found(assessment: Assessment, more: str) -> None:
    with pytest.raises(NotFound):
        resolve(link(assessment) + more)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(text=st.text(ALPHABET, min_size=34, max_size=34))
def test_f19_nobody_guesses_a_link(assessment: Assessment, text: str) -> None:
    with pytest.raises(NotFound):
        resolve(text)


def test_another_servers_key_opens_nothing(assessment: Assessment) -> None:
    _, mac = Keyring.parse(new_key(1)).sign_link(assessment.id, 1)
    raw = base64.urlsafe_b64decode(link(assessment) + "==")[:9] + mac
    with pytest.raises(NotFound):
        resolve(base64.urlsafe_b64encode(raw).decode().rstrip("="))


def test_a_signed_link_of_a_visit_that_is_gone_is_not_found(assessment: Assessment) -> None:
    with pytest.raises(NotFound, match="not complete"):
        resolve(token_of(assessment.id + 1000, 1, assessment.participant.mark))


def test_a_new_link_kills_the_old_one_and_says_so_to_who_holds_it(assessment: Assessment) -> None:
    old = link(assessment)
    assert reissue(assessment, NOW) == 2
    assert resolve(link(assessment)) is assessment
    with pytest.raises(Gone, match="replaced by a newer one"):
        resolve(old)


def test_a_link_of_the_future_does_not_open_either(assessment: Assessment) -> None:
    with pytest.raises(Gone):
        resolve(token(assessment, 2))


def test_an_answered_visit_needs_no_new_link(assessment: Assessment) -> None:
    submitted(assessment, NOW)
    with pytest.raises(Conflict, match="is answered"):
        reissue(assessment, NOW)


def test_a_closed_visit_gets_no_new_link_and_an_open_one_until_its_last_moment(assessment: Assessment) -> None:
    with pytest.raises(Gone, match="is closed"):
        reissue(assessment, assessment.grace_until)
    assert reissue(assessment, assessment.grace_until - timedelta(microseconds=1)) == 2


def test_f44_a_rotation_of_keys_keeps_the_links_that_were_sent(
    assessment: Assessment, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = new_key(1), new_key(2)
    monkeypatch.setattr(crypto, "_ring", Keyring.parse(first))
    old = link(assessment)
    monkeypatch.setattr(crypto, "_ring", Keyring.parse(f"{second},{first}"))
    new = link(assessment)
    assert old != new
    assert resolve(old) is resolve(new) is assessment
    monkeypatch.setattr(crypto, "_ring", Keyring.parse(second))
    with pytest.raises(NotFound):
        resolve(old)
    assert resolve(new) is assessment


def test_a_link_tells_nothing_of_who_it_is_for(assessment: Assessment) -> None:
    raw = base64.urlsafe_b64decode(link(assessment) + "==")
    assert assessment.participant.code.encode() not in raw
    assert len(raw) == 25


def test_links_are_given_back_for_each_key_and_version_and_at_most_twenty_versions(assessment: Assessment) -> None:
    assert earlier(assessment) == [token(assessment, 1)]
    assessment.link_version = 3
    assert [presented(each).version for each in earlier(assessment)] == [3, 2, 1]
    assessment.link_version = 40
    assert len(earlier(assessment)) == 20


def old(assessment: Assessment) -> str:
    """Its link as it was sent before links were bound to anybody."""
    return token_of(assessment.id, assessment.link_version, None)


def enrolled_again(assessment: Assessment) -> Participant:
    """Somebody else now has the ids of this visit and of its participant, as after a restore."""
    assessment.participant.mark = uuid4()
    session = object_session(assessment)
    assert session is not None
    session.flush()
    return assessment.participant


@pytest.mark.parametrize("open_", [resolve, behind, opening])
def test_f39_a_link_from_before_a_restore_opens_nothing_of_whoever_has_its_numbers_now(
    assessment: Assessment, open_: Callable[[str], object]
) -> None:
    sent = link(assessment)
    open_(sent)
    enrolled_again(assessment)
    with pytest.raises(NotFound, match="Open it from the text message again"):
        open_(sent)
    open_(link(assessment))


@pytest.mark.parametrize("open_", [resolve, behind, opening])
def test_a_link_that_was_sent_before_links_were_bound_opens_its_own_visit_alone(
    assessment: Assessment, session: Session, open_: Callable[[str], object]
) -> None:
    with pytest.raises(NotFound):
        open_(old(assessment))
    assessment.old_links = True
    session.flush()
    open_(old(assessment))
    open_(link(assessment))
    later = planned(participant(assessment.protocol), NOW.date())[0]
    with pytest.raises(NotFound):
        open_(old(later))


def test_an_old_link_dies_with_a_new_one_and_what_was_kept_under_it_is_given_back(
    assessment: Assessment, session: Session
) -> None:
    assessment.old_links = True
    sent = old(assessment)
    assert earlier(assessment) == [link(assessment), sent]
    reissue(assessment, NOW)
    session.flush()
    with pytest.raises(Gone):
        resolve(sent)
    assert earlier(assessment) == [link(assessment), old(assessment), token(assessment, 1), sent]


@pytest.mark.parametrize(("form", "bound"), [(0, True), (2, True), (255, True), (1, False), (2, False)])
def test_a_link_of_another_form_is_not_found(assessment: Assessment, session: Session, form: int, bound: bool) -> None:
    assessment.old_links = True
    session.flush()
    raw = bytearray(base64.urlsafe_b64decode((link(assessment) if bound else old(assessment)) + "=="))
    raw[3] = form
    with pytest.raises(NotFound):
        resolve(base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("="))


def test_everybody_has_a_mark_of_her_own(assessment: Assessment, session: Session) -> None:
    other = participant(assessment.protocol)
    session.flush()
    assert assessment.participant.mark != other.mark


def _percent(text: str) -> str:
    return "".join(f"%{ord(letter):02X}" for letter in text)


@pytest.mark.parametrize(
    ("made_of", "is_token"),
    [
        (str, None),  # it is a token already
        (lambda token: token[:-1], None),
        (lambda token: token[:33] + "." + token[33:], None),
        (lambda token: token[:16] + "/" + token[16:], None),
        (lambda token: "", None),
        (lambda token: "." * 3000, None),
        (lambda token: f"{token}.", "token"),
        (lambda token: f"<{token}>", "token"),
        (lambda token: f"{token}Takk", "token"),
        (lambda token: f"{token[:20]}\n{token[20:]}", "token"),
        (lambda token: " ".join(token), "token"),
        (_percent, "token"),  # encoded once more than browsers do
        (lambda token: f"%3C{token}%3E", "token"),
        (lambda token: f"{token[:5]}\u200b{token[5:]}\ufeff", "token"),
        (lambda token: f"{token} {'A' * 34}", "token"),
    ],
)
def test_the_token_in_what_became_of_a_link(
    assessment: Assessment, made_of: Callable[[str], str], is_token: str | None
) -> None:
    text = link(assessment)
    assert token_within(made_of(text)) == (text if is_token else None)


@pytest.mark.parametrize(
    "written",
    [
        f"_{OF_EVERY_SIGN}_",
        f"__{OF_EVERY_SIGN}__.",
        f"*_{OF_EVERY_SIGN}_*",
        f"({OF_EVERY_SIGN})_",
        f"{OF_EVERY_SIGN}_",
        f"-{OF_EVERY_SIGN}-",
        OF_EVERY_SIGN.replace("-", "\u2011"),
        OF_EVERY_SIGN.replace("-", "\u2013") + ")",
        OF_EVERY_SIGN.replace("-", "%E2%80%91"),
        OF_EVERY_SIGN.replace("-", "\u2212").replace("1", "\uff11"),
    ],
)
def test_signs_that_a_token_may_have_are_told_from_its_own(written: str) -> None:
    assert token_within(written) == OF_EVERY_SIGN


def test_what_a_link_opens_carries_all_that_its_state_is_read_from() -> None:
    """A page reads the visit without a session: a column that the state asks for later would answer 500."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(Assessment.state)))
    read = {
        node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self"
    }
    columns = read & set(Assessment.__mapper__.column_attrs.keys())
    assert "submitted_at" in columns
    assert columns <= {column.name for column in VISIT_LOADING.columns}

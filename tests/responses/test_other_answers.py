"""Of what is sent and what another phone answered the newest of each question is submitted; what differs is found."""

from datetime import UTC, datetime

import pytest

from app.instruments import Instrument, instrument
from app.responses.other_answers import OtherAnswer, differing, newest_answers
from app.responses.two_phones import DraftContent, GivenWhen, PhoneSays, SaidWhen

NOW, OPENS = datetime.fromtimestamp(1000, UTC), datetime.fromtimestamp(400, UTC)
FIELD = "odi.lifting"
THEIRS = GivenWhen(came=900_000, given=600_000)
"""Another phone's answer: given at 600 s, here at 900 s."""
TOLD = PhoneSays(0, {FIELD: SaidWhen(0, 300_000)})  # given at 700 s
OLD = PhoneSays(0, {FIELD: SaidWhen(0, 590_000)})  # given at 410 s
SHORT = (instrument("odi"),)


@pytest.mark.parametrize(
    ("kept", "hers", "says", "submitted", "told_to_staff"),
    [
        ("4", "3", TOLD, "3", False),  # she pressed Send after what the other phone answered
        ("4", "3", OLD, "4", False),  # she pressed it before, without a line
        ("4", "3", PhoneSays(900_000, {FIELD: SaidWhen(900_000, 590_000)}), "3", False),  # she had the other before her
        ("4", "3", PhoneSays(0, {FIELD: SaidWhen(0, None)}), "3", True),  # her clock was turned back
        ("4", "4", OLD, "4", False),
        ("", "3", OLD, "", False),  # emptied elsewhere, later
        ("4", "", PhoneSays(0, {FIELD: SaidWhen(0, 300_000)}), "", False),  # emptied here, later
        ("4", "", OLD, "4", False),  # emptied here, before it was answered elsewhere
        ("4", "", PhoneSays(0, {"odi.walking": SaidWhen(0, 10)}), "4", False),  # never answered here
        ("4", "3", PhoneSays(800_000, {}), "4", False),  # here it is what we had before
        ("4", "3", PhoneSays(900_000, {}), "3", False),
        ("4", "", PhoneSays(900_000, {}), "", False),  # it was there, and what is not asked any more is not sent
        ("4", "3", PhoneSays(0, {}), "3", True),
        ("4", "3", PhoneSays(800_000, {}, tells=False), "3", True),  # a form by itself, drawn before
        ("4", "3", PhoneSays(900_000, {}, tells=False), "3", False),  # drawn with the other answer in it
        ("4", "3", None, "3", True),  # a form by itself, drawn empty
        ("4", "", None, "", True),
    ],
)
def test_the_newer_answer_is_submitted_or_both_are_told(
    kept: str, hers: str, says: PhoneSays | None, submitted: str, told_to_staff: bool
) -> None:
    draft = DraftContent({FIELD: kept} if kept else {}, {FIELD: THEIRS})
    newest = newest_answers(draft, {FIELD: hers} if hers else {}, says, NOW, OPENS)
    assert newest.fields.get(FIELD, "") == submitted
    assert newest.others == ({FIELD: OtherAnswer(kept, 900_000, 600_000)} if told_to_staff else {})


def test_what_no_other_phone_answered_is_sent_as_it_stands() -> None:
    sent = {FIELD: "3", "odi.walking": "1", "odi.nonsense": "9"}
    draft = DraftContent({"odi.walking": "1"}, {"odi.walking": THEIRS})
    assert newest_answers(draft, sent, TOLD, NOW, OPENS).fields == sent


@pytest.mark.parametrize(
    ("code", "item", "first", "sent", "differs"),
    [
        ("odi", "lifting", "3", "4", "4"),
        ("odi", "lifting", "3", "3", None),
        ("odi", "lifting", None, "3", "3"),  # left empty at first
        ("odi", "lifting", "3", "99", "99"),  # no answer to this question, and kept as it came
        ("odi", "lifting", "3", "", None),  # a form by itself says nothing by an empty field
        ("eq5d5l", "vas", "70", " ٧٠ ", None),  # the same number
        ("medication", "other_text", "Yoga", "Yoga ", None),
        ("medication", "other_text", "Yoga", "Yoga og gange", "Yoga og gange"),
        ("odi", "nonsense", None, "3", None),  # not asked
    ],
)
def test_what_differs_from_what_was_received(
    code: str, item: str, first: str | None, sent: str, differs: str | None
) -> None:
    name = f"{code}.{item}"
    others = differing({name: first}, {name: sent}, None, _asked(code), NOW)
    assert others == ({name: OtherAnswer(differs, 1_000_000, None)} if differs else {})


def test_of_a_phone_that_tells_only_what_was_answered_on_it_differs() -> None:
    received = {"odi.lifting": "3", "odi.walking": "2", "odi.sitting": "1"}
    says = PhoneSays(0, {"odi.lifting": SaidWhen(0, 40_000), "odi.sitting": SaidWhen(0, None)})
    others = differing(received, {"odi.lifting": "4", "odi.walking": "5"}, says, SHORT, NOW)
    assert others == {
        "odi.lifting": OtherAnswer("4", 1_000_000, 960_000),
        "odi.sitting": OtherAnswer("", 1_000_000, None),  # she emptied it
    }


@pytest.mark.parametrize(("first", "differs"), [("0", False), (None, False), ("1", True)])
def test_a_line_that_is_not_ticked_is_the_same_however_it_is_kept(first: str | None, differs: bool) -> None:
    name = "background.worse_sitting"
    says = PhoneSays(0, {name: SaidWhen(0, 10)})
    assert bool(differing({name: first}, {}, says, _asked("background"), NOW)) is differs


def _asked(code: str) -> tuple[Instrument, ...]:
    return (instrument(code),)

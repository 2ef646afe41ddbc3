"""Every type of item by SMS: which fit, in which range they are asked, which reply is read, and what is refused how.

`nrs` and whole `number`s of up to 100 fit; a visit with anything else is asked behind its link alone.
"""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.instruments.folders import read_files
from app.instruments.model import ItemType
from app.messages.kinds import MessageKind
from app.messages.short_visits import by_sms
from app.participants.models import Participant, Task
from app.responses.models import Answer
from app.responses.sms import open_by_sms
from app.schedule.models import Assessment
from app.studies.questionnaires import install_folder
from tests.responses.test_sms import BY_SMS, PHONE, asked_for, conversation
from tests.responses.visits import INFUSION, participant, visit

ENDS = ", low: None, high: All"
SCALE = f"{{text: Asked{ENDS}}}"
LICENCE = "licence: {holder: Us, terms: Free., languages: {}, other: {original_required: false, note: Ours.}}\n"
TWO = '{text: Asked, options: {"1": First, "2": Second}}'

FITTING = [
    # what is asked, its words; the range that the text names; a reply that is read, how it is kept; one that is not
    ("type: nrs, minimum: 0, maximum: 10", SCALE, (0, 10), "7", "7", "11"),
    ("type: nrs, minimum: 1, maximum: 5", SCALE, (1, 5), " 5. ", "5", "0"),
    ("type: nrs, minimum: 0, maximum: 10", SCALE, (0, 10), "٧", "7", "syv"),
    ("type: number, minimum: 0, maximum: 100", "{text: Asked}", (0, 100), "100", "100", "101"),
    ("type: number, minimum: 0, maximum: 31, unit: days", "{text: Asked, unit: days}", (0, 31), "007", "7", "2,5"),
    ("type: number, minimum: 0, maximum: 31", "{text: Asked}", (0, 31), "3!", "3", "-3"),
]
OTHERS = [
    # what is asked, its words, and a reply that would be its answer on the page
    ("choice", "type: choice, options: [1, 2]", TWO, "2"),
    ("vas", "type: vas, minimum: 0, maximum: 100", SCALE, "64"),
    ("yesno", "type: yesno", "{text: Asked}", "1"),
    ("ticks", "type: ticks, group: listed", "{text: Asked}", "1"),
    ("rank", "type: rank, group: ranked", "{text: Asked}", "1"),
    ("text", "type: text, max_length: 40", "{text: Asked}", "8"),
    ("date", "type: date", "{text: Asked}", "2026-03-01"),
    ("time", "type: time", "{text: Asked}", "07:30"),
    ("duration", "type: duration, minimum: 0, maximum: 90", "{text: Asked}", "90"),
    ("decimals", "type: number, minimum: 0, maximum: 9, decimals: 1", "{text: Asked}", "2"),
    ("below nothing", "type: nrs, minimum: -5, maximum: 5", SCALE, "3"),
    ("above a hundred", "type: number, minimum: 0, maximum: 101", "{text: Asked}", "3"),
    ("no need to answer", "type: nrs, minimum: 0, maximum: 10, required: false", SCALE, "3"),
]
AROUND = [
    # why a scale that fits by itself does not, and what is beside it
    ("safety", "safety_items: [{item: a, at_least: 1, topic: danger}]\n", ""),
    ("rule", "rules: [{code: odd, item: a, refuses: {item: a, equals: 3}}]\n", "rules: {odd: Look again.}\n"),
]


def weekly(
    session: Session, item_type: str, words: str, more: str = "", lead: str = ""
) -> tuple[Participant, Assessment]:
    """The weekly visit of who answers by SMS, where one item of this kind is all that it asks."""
    listed = [name for name in ("listed", "ranked") if f"group: {name}" in item_type]
    layouts = {"listed": "ticks", "ranked": "ranking"}
    groups = "".join(f"groups: [{{code: {name}, layout: {layouts[name]}}}]\n" for name in listed)
    second = f"  - {{code: b, {item_type}}}\n" if listed else ""
    definition = f'code: short\nversion: "1"\n{groups}items:\n  - {{code: a, {item_type}}}\n{second}{more}{LICENCE}'
    heading = 'version: "1"\ndemonstration: false\nsource: Ours.\ntitle: Short\ninstruction: Answer.\n'
    heading += "".join(f"groups: {{{name}: Which}}\n" for name in listed)
    heading += 'scales: {yesno: {"1": "Yes", "0": "No"}}\n' if "yesno" in item_type else ""
    text = f"{heading}{lead}items:\n  a: {words}\n" + (f"  b: {words}\n" if listed else "")
    files = {f"wordings/{language}.yaml": f"language: {language}\n{text}" for language in ("nb", "en")}
    install_folder(read_files("short", {"definition.yaml": definition, **files}), INFUSION - timedelta(days=60))
    line = "code: d21, day: 21, window: weekly, minutes: 2, instruments: [nrs_lbp_week]"
    person = participant(changes=BY_SMS | {line: line.replace("nrs_lbp_week", "short")}, phone=PHONE)
    person.sms_answers = True
    assessment = visit(person, "d21")
    asked_for(session, assessment)
    return person, assessment


def test_the_tables_have_every_type() -> None:
    named = {each[0].split("type: ")[1].split(",")[0] for each in FITTING} | {each[0] for each in OTHERS}
    assert set(ItemType) <= named


@pytest.mark.parametrize(("item_type", "words", "span", "read", "kept", "refused"), FITTING)
def test_a_short_number_is_asked_in_its_range_and_read_alone(
    item_type: str, words: str, span: tuple[int, int], read: str, kept: str, refused: str, session: Session
) -> None:
    _, assessment = weekly(session, item_type, words)
    (question,) = by_sms(assessment.protocol.plan, "d21")
    assert (question.lowest, question.highest) == span
    course = conversation(session, assessment, [refused, read])
    assert course == [("unclear", "unclear"), ("answer", "thanks")]
    assert session.scalars(select(Answer.value)).all() == [kept]


@pytest.mark.parametrize(("name", "item_type", "words", "reply"), OTHERS, ids=[each[0] for each in OTHERS])
def test_what_is_no_short_number_is_asked_by_its_link_and_a_reply_goes_to_a_person(
    name: str, item_type: str, words: str, reply: str, session: Session
) -> None:
    person, assessment = weekly(session, item_type, words)
    assert by_sms(assessment.protocol.plan, "d21") == ()
    assert open_by_sms(person, assessment.due_at) is None
    assert conversation(session, assessment, [reply]) == [("other", MessageKind.HELP)]
    assert session.scalars(select(Answer.value)).all() == []
    assert len(session.scalars(select(Task).where(Task.participant_id == person.id)).all()) == 1


@pytest.mark.parametrize(("name", "more", "sentence"), AROUND, ids=[each[0] for each in AROUND])
def test_what_only_a_page_can_say_is_never_asked_by_sms(name: str, more: str, sentence: str, session: Session) -> None:
    _, assessment = weekly(session, FITTING[0][0], SCALE, more, sentence)
    assert by_sms(assessment.protocol.plan, "d21") == ()

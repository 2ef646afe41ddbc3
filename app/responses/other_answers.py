"""What is sent beside what another phone or browser answered: which of two answers stands, which differ (pure).

A press on Send without a line is kept on the phone and sent later. By then another phone may have answered too, so that
the newer answer of each question is what is submitted. Where nothing tells which is newer, what stands in the form that
was sent is submitted, and a person of the staff is shown both. What comes once answers were received changes nothing of
these; what differs in it is kept for a person too. A person is also told of what was answered before the questions
opened, in a window that was moved, unless she who answered was told of it before she sent.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from app.instruments import Instrument, Item, check_answers
from app.instruments.model import ItemType
from app.instruments.numerals import all_canonical
from app.responses.fields import of_field, typed
from app.responses.two_phones import (
    NOTHING_SAID,
    AnswerStands,
    Doubt,
    DraftContent,
    GivenWhen,
    PhoneSays,
    SaidWhen,
    given_at,
    milliseconds,
    stands_of,
)


class OtherAnswer(NamedTuple):
    """An answer that does not count: when it came and was given, in milliseconds, where that is known."""

    value: str
    came: int
    given: int | None


@dataclass(frozen=True)
class NewestAnswers:
    """The fields to be submitted, what other answers may be newer than some of them, and which were given too early."""

    fields: Mapping[str, str]
    others: Mapping[str, OtherAnswer]
    early: Mapping[str, OtherAnswer]
    """Those given before the questions opened, of which she was not told: the same answers, and when."""

    @property
    def need_a_person(self) -> bool:
        """Whether somebody of the staff should look."""
        return bool(self.others or self.early)


def newest_answers(
    draft: DraftContent, sent: Mapping[str, str], says: PhoneSays | None, now: datetime, opens_at: datetime
) -> NewestAnswers:
    """What is submitted of a form that came at `now`, and of the draft that stood then."""
    fields, others, at, opens = dict(sent), dict[str, OtherAnswer](), milliseconds(now), milliseconds(opens_at)
    phone = says or NOTHING_SAID
    for name, before in draft.when.items():
        kept, hers = draft.fields.get(name, ""), sent.get(name, "")
        match stands_of(name, before, kept, hers, phone, at, opens):
            case AnswerStands.OLDER:
                fields[name] = kept
            case AnswerStands.UNSURE:
                others[name] = OtherAnswer(kept, before.came, before.given)
    others = unseen_others(draft, phone) | others
    early = early_answers(draft, phone, at, opens)
    mine = {name: fields.get(name, "") for name in early if name not in others and fields.get(name, "").strip()}
    return NewestAnswers(fields, others, {name: OtherAnswer(value, at, early[name]) for name, value in mine.items()})


def unseen_others(draft: DraftContent, says: PhoneSays) -> dict[str, OtherAnswer]:
    """What another phone answered, where the draft holds both answers and this phone was not told so."""
    doubts = _unseen(draft, Doubt.OTHER, says)
    return {name: OtherAnswer(given.other, given.came, None) for name, given in doubts.items()}


def early_answers(draft: DraftContent, says: PhoneSays, now: int, opens: int) -> dict[str, int]:
    """When each was given that was given before the questions opened, of which this phone was not told."""
    early = {name: given.given for name, given in _unseen(draft, Doubt.EARLY, says).items()}
    for name, said in says.of_field.items():
        given, before = given_at(said, now), draft.when.get(name)
        was_told = before is not None and before.doubt == Doubt.EARLY and says.has >= before.came
        if given is not None and given < opens and said.had < opens and not was_told:
            early[name] = given
    return early


def _unseen(draft: DraftContent, doubt: Doubt, says: PhoneSays) -> dict[str, GivenWhen]:
    return {name: given for name, given in draft.doubts.items() if given.doubt == doubt and says.has < given.came}


def differing(
    received: Mapping[str, str | None],
    sent: Mapping[str, str],
    says: PhoneSays | None,
    questionnaires: Iterable[Instrument],
    now: datetime,
) -> dict[str, OtherAnswer]:
    """Of a form that came when answers had been `received`: what was answered otherwise on the phone that sent it."""
    tells = says is not None and says.tells
    said = says.of_field if says is not None and tells else dict[str, SaidWhen]()
    typed_now = {name: sent.get(name, "") for name in said} if tells else sent
    answered = {name: value.strip() for name, value in typed_now.items() if value.strip() or name in said}
    at, others = milliseconds(now), dict[str, OtherAnswer]()
    for each in questionnaires:
        for item, kept in _as_kept(each, answered).items():
            name = of_field(each.code, item.code)
            not_ticked = item.type is ItemType.TICKS and kept in (None, "0") and received.get(name) in (None, "0")
            if kept != received.get(name) and not not_ticked:
                others[name] = OtherAnswer(answered[name], at, given_at(said.get(name), at))
    return others


def _as_kept(questionnaire: Instrument, answered: Mapping[str, str]) -> dict[Item, str | None]:
    """Each of these answers as it would be kept; what cannot be an answer, as it was written."""
    texts = {item: answered.get(of_field(questionnaire.code, item.code)) for item in questionnaire.items}
    given = {item.code: typed(item, text) for item, text in texts.items() if text is not None}
    taken = all_canonical(check_answers(questionnaire, given).answers)
    values = {item: taken[item.code] for item, text in texts.items() if text is not None}
    return {item: (texts[item] or None) if value is None else str(value) for item, value in values.items()}

"""Of one question's answers on two phones, or in two browsers, the newer stands (pure).

A phone says of each answer that it sends what it had of ours when the answer was given, and when that was by its own
clock. A clock may be wrong, so only the difference of two looks at it counts, and only where the order is not known
otherwise: whoever had the other answer before her when she gave hers gave the newer one. Where neither tells, hers is
taken as it stands in the form that she holds, and she is told of the other.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

WRITTEN_AT_MOST = 80_000
"""Characters of what a phone says about its answers: more than of as many fields as a form may have."""

PAGE_AT_MOST = 24
"""Characters of the word by which a page knows itself."""


class GivenWhen(NamedTuple):
    """What is known of an answer that is kept, in milliseconds: when it came, and when it was given."""

    came: int
    given: int
    doubt: str | None = None
    """What she is told until she answers anew (`Doubt`)."""
    other: str = ""
    """The answer on another phone, of which it is not known that it is the older one."""
    page: str = ""
    """The word of the page that sent it."""


class Doubt(StrEnum):
    """Why she should look at an answer once more."""

    OTHER = "other"
    EARLY = "early"
    """It was given before the window that holds now, in one that was moved."""


class SaidWhen(NamedTuple):
    """What a phone says of an answer: what it had of ours, by when that came, and how long ago, if it can tell."""

    had: int
    ago: int | None


@dataclass(frozen=True)
class PhoneSays:
    """What a phone says with its answers: what it has of ours by now, and of each field that was answered on it."""

    has: int
    of_field: Mapping[str, SaidWhen]
    page: str = ""
    """Its own word, another one each time it is opened. What one page sends comes one after the other, while a request
    may be seconds on its way: by the time alone, what she changed meanwhile would seem the older answer."""

    tells: bool = True
    """Whether it would tell of a field that was answered on it; a form without the script does not."""

    def sent(self, before: GivenWhen | None) -> bool:
        """Whether the answer that is kept came from this very page."""
        return before is not None and self.page != "" and before.page == self.page


NOTHING_SAID = PhoneSays(0, {}, tells=False)
"""Of a form by itself, which may be older than all that is here."""


@dataclass(frozen=True)
class DraftContent:
    """The fields of a draft, what is known of when each was given, also of one that was emptied since."""

    fields: Mapping[str, str]
    when: Mapping[str, GivenWhen]

    @property
    def came(self) -> int:
        """When the newest of them came, in milliseconds; 0 where none did."""
        return max((given.came for given in self.when.values()), default=0)

    @property
    def doubts(self) -> dict[str, GivenWhen]:
        """The fields at which she should look once more."""
        return {name: given for name, given in self.when.items() if given.doubt}


NO_DRAFT = DraftContent({}, {})


class AnswerStands(StrEnum):
    """What becomes of an answer that comes."""

    TAKEN = "taken"
    OLDER = "older"
    UNSURE = "unsure"
    EARLY = "early"


def read_says(text: str) -> PhoneSays | None:
    """What a phone wrote, `[has, clock, {field: [had, clock], ...}, page]`, or a form, `[has]`; nothing for all else.

    A page of before has no word of its own.
    """
    try:
        written = json.loads(text)
        has, clock, of_field, *words = (*written, 0, {}) if len(written) == 1 else written
        (page,) = words or [""]
        named = list(of_field.items())
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    said = {name: _said(pair, _number(clock)) for name, pair in named}
    word = str(page)[:PAGE_AT_MOST] if isinstance(page, str | float) else ""
    return PhoneSays(_number(has) or 0, said, word, tells=len(written) > 1)


def _said(pair: object, clock: int | None) -> SaidWhen:
    if not isinstance(pair, list) or len(pair) != 2:
        return SaidWhen(0, None)
    at = _number(pair[1])
    ago = None if at is None or clock is None or clock < at else clock - at
    return SaidWhen(_number(pair[0]) or 0, ago)


def _number(value: object) -> int | None:
    """A number of milliseconds; a page writes what it has of ours as text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 15:
        return int(value)
    return value if isinstance(value, int) and 0 <= value < 10**15 else None


def standing(before: GivenWhen | None, hers: bool, said: SaidWhen | None, now: int, opens: int) -> AnswerStands:
    """What becomes of an answer that comes at `now`, to questions that opened at `opens` (in milliseconds).

    `before` is what is known of the answer that is kept; it is `hers` if it is the same one, or came from her page.
    """
    if said is None:
        return AnswerStands.TAKEN  # a form by itself, or a page from before pages said it
    given = given_at(said, now)
    if before is None or hers or said.had >= before.came:
        is_early = said.had < opens and given is not None and given < opens
        return AnswerStands.EARLY if is_early else AnswerStands.TAKEN
    if given is None or given < opens:
        return AnswerStands.UNSURE
    return AnswerStands.TAKEN if given > before.given else AnswerStands.OLDER


def stands_of(
    name: str, before: GivenWhen | None, kept: str, hers: str, says: PhoneSays, now: int, opens: int
) -> AnswerStands:
    """The same of any field of a form, `hers` beside the one that is `kept`: what was not answered in it may stand
    there because it came from us, and was answered anew elsewhere since."""
    said, is_hers = says.of_field.get(name), kept.strip() == hers.strip() or says.sent(before)
    if said is not None or before is None or is_hers or says.has >= before.came:
        return standing(before, is_hers, said, now, opens)
    not_answered_here = says.tells and (says.has > 0 or not hers.strip())
    return AnswerStands.OLDER if not_answered_here else AnswerStands.UNSURE


def given_at(said: SaidWhen | None, now: int) -> int | None:
    """When an answer was given, by our clock; nothing where the phone cannot tell."""
    return None if said is None or said.ago is None else now - said.ago


def milliseconds(at: datetime) -> int:
    """An instant as phones and drafts count it."""
    return int(at.timestamp() * 1000)


def at_milliseconds(count: int) -> datetime:
    """The instant of such a count."""
    return datetime.fromtimestamp(count / 1000, UTC)


def written(when: Mapping[str, GivenWhen]) -> str:
    """What is known of the answers, as it is kept beside them."""
    return json.dumps(when, separators=(",", ":"), ensure_ascii=False)


def read_written(text: str) -> dict[str, GivenWhen]:
    """What is known of the answers, as `written` keeps it."""
    return {name: GivenWhen(*values) for name, values in json.loads(text).items()} if text else {}

"""Of one question's answers on two phones, or in two browsers, the newer stands (pure).

A phone says of each answer that it sends what it had of ours when the answer was given, and when that was by its own
clock. A clock may be wrong, so only the difference of two looks at it counts, and only where the order is not known
otherwise: whoever had the other answer before her when she gave hers gave the newer one. Where neither tells, hers is
taken as it stands in the form that she holds, and she is told of the other.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

WRITTEN_AT_MOST = 40_000
"""Characters of what a phone says about its answers."""

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
    """What a phone says with its answers: what it has of ours by now, and of each field that it can tell of."""

    has: int
    of_field: Mapping[str, SaidWhen]
    page: str = ""
    """Its own word, another one each time it is opened. What one page sends comes one after the other, while a request
    may be seconds on its way: by the time alone, what she changed meanwhile would seem the older answer."""

    def sent(self, before: GivenWhen | None) -> bool:
        """Whether the answer that is kept came from this very page."""
        return before is not None and self.page != "" and before.page == self.page


class AnswerStands(StrEnum):
    """What becomes of an answer that comes."""

    TAKEN = "taken"
    OLDER = "older"
    UNSURE = "unsure"
    EARLY = "early"


def read_says(text: str, fields: Collection[str]) -> PhoneSays | None:
    """What the phone wrote, `[has, clock, {field: [had, clock], ...}, page]`; nothing where it is not of this form.

    A page of before has no word of its own.
    """
    try:
        has, clock, of_field, *words = json.loads(text)
        (page,) = words or [""]
        named = [(name, of_field.get(name)) for name in fields]
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    of_fields = {name: _said(pair, _number(clock)) for name, pair in named}
    return PhoneSays(_number(has) or 0, of_fields, page[:PAGE_AT_MOST] if isinstance(page, str) else "")


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


def given_at(said: SaidWhen | None, now: int) -> int | None:
    """When an answer was given, by our clock; nothing where the phone cannot tell."""
    return None if said is None or said.ago is None else now - said.ago


def written(when: Mapping[str, GivenWhen]) -> str:
    """What is known of the answers, as it is kept beside them."""
    return json.dumps(when, separators=(",", ":"), ensure_ascii=False)


def read_written(text: str) -> dict[str, GivenWhen]:
    """What is known of the answers, as `written` keeps it."""
    return {name: GivenWhen(*values) for name, values in json.loads(text).items()} if text else {}

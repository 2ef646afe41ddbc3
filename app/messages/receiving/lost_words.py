"""What can be known of a text whose words were taken out of the provider's log, as we ask it to (pure).

What we wrote ourselves stays there. Whoever said STOP got its confirmation, and nothing after it; whoever wrote
anything else got another answer, or goes on getting texts. Where our words are not kept either
(`TWILIO_CONTENT_RETENTION`), or the confirmation was worded by a protocol that is lost too, nobody can know: then it
may have been STOP.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from app.messages.gateways.gateway import Logged
from app.messages.kinds import MessageKind
from app.studies.protocol import Protocol
from app.studies.texts import render

LONG_AFTER = timedelta(minutes=10)
"""A text that leaves so long after hers does not leave to somebody who had said STOP by it."""
FIGURE = "\0"
"""Stands for a number or an hour in an answer of ours: which one it was is not known."""
FIGURES = dict.fromkeys(("n", "of", "lowest", "highest", "at"), FIGURE)


class Meant(StrEnum):
    """What a text without words was."""

    STOP = "stop"
    ANOTHER = "something else"
    NOBODY_KNOWS = "nobody knows"


@dataclass(frozen=True)
class OurAnswers:
    """How we answer a text, at any site and in any language: the confirmations of STOP, and all others."""

    confirmations: frozenset[str]
    others: tuple[re.Pattern[str], ...]

    def is_another(self, words: str) -> bool:
        """Whether these words answer something that is not STOP."""
        return words not in self.confirmations and any(other.fullmatch(words) for other in self.others)


def answers_of(plans: Iterable[Protocol]) -> OurAnswers:
    """How these protocols answer."""
    confirmations, others = set[str](), set[str]()
    for plan in plans:
        for site in plan.sites:
            for language in plan.languages:
                parts = {"sender": site.sender.get(language, site.sender[plan.default_language]), "phone": site.phone}
                confirmations.add(render(plan.template(MessageKind.STOP, language), **parts))
                others.update(render(template, **parts, **FIGURES) for template in _others(plan, language))
    return OurAnswers(frozenset(confirmations), tuple(map(_fitting, sorted(others))))


def _others(plan: Protocol, language: str) -> Iterator[str]:
    yield from (plan.template(kind, language) for kind in (MessageKind.HELP, MessageKind.START))
    if plan.sms_replies is not None:
        yield from (plan.reply_text(kind, language) for kind in ("question", "unclear", "thanks"))


def _fitting(words: str) -> re.Pattern[str]:
    return re.compile("[0-9:]+".join(map(re.escape, words.split(FIGURE))))


def meant(text: Logged, hers: Sequence[Logged], ours: OurAnswers) -> Meant:
    """What this text without words was, by all that went to and fro with its number."""
    followed = [line for line in hers if not line.inbound and not _before(line, text)]
    if any(line.body in ours.confirmations for line in followed):
        return Meant.STOP
    wrote = [line for line in hers if line.inbound]
    answered = sum(ours.is_another(line.body) for line in hers if not line.inbound and not _before(line, wrote[0]))
    if answered >= len(wrote) or _went_on(wrote, followed):
        return Meant.ANOTHER
    return Meant.NOBODY_KNOWS


def _before(line: Logged, other: Logged) -> bool:
    return line.at is not None and other.at is not None and line.at < other.at


def _went_on(wrote: Sequence[Logged], followed: Sequence[Logged]) -> bool:
    """Whether texts that we can read went on leaving long after her last."""
    last = max((line.at for line in wrote if line.at is not None), default=None)
    return last is not None and any(line.body and line.at and line.at - last >= LONG_AFTER for line in followed)

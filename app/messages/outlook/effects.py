"""What a change of the record changes for one participant: her windows and the texts still to come (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.messages.kinds import MessageKind
from app.schedule.states import State


@dataclass(frozen=True)
class VisitAhead:
    """A visit's window, and how it stands."""

    opens_at: datetime
    due_at: datetime
    closes_at: datetime
    grace_until: datetime
    state: State


@dataclass(frozen=True)
class TextAhead:
    """A text that will leave, unless something happens before."""

    at: datetime
    language: str
    site: str


@dataclass(frozen=True)
class Ahead:
    """Somebody's visits, and the texts to come by visit and kind; `zone` is where she lives."""

    zone: str
    visits: Mapping[str, VisitAhead]
    texts: Mapping[tuple[str, MessageKind], TextAhead]


@dataclass(frozen=True)
class VisitEffect:
    """A visit that is planned anew (no `before`), taken back (no `after`) or changed."""

    visit: str
    before: VisitAhead | None
    after: VisitAhead | None


@dataclass(frozen=True)
class TextEffect:
    """A text that is added (no `before`), dropped (no `after`), moved, or sent in other words."""

    visit: str
    kind: MessageKind
    before: TextAhead | None
    after: TextAhead | None


@dataclass(frozen=True)
class Effect:
    """All that changes, in the order of what was before and then of what is new; each in the zone of its time."""

    zone_before: str
    zone_after: str
    visits: tuple[VisitEffect, ...]
    texts: tuple[TextEffect, ...]


def difference(before: Ahead, after: Ahead) -> Effect:
    """From one picture to the other; empty for equals."""
    visits = tuple(
        VisitEffect(visit, before.visits.get(visit), after.visits.get(visit))
        for visit in dict.fromkeys((*before.visits, *after.visits))
        if before.visits.get(visit) != after.visits.get(visit)
    )
    texts = tuple(
        TextEffect(*key, before.texts.get(key), after.texts.get(key))
        for key in dict.fromkeys((*before.texts, *after.texts))
        if before.texts.get(key) != after.texts.get(key)
    )
    return Effect(before.zone, after.zone, visits, texts)

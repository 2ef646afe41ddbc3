"""What the synthetic patients do with a text: open its link on a phone, answer, send; all over HTTP."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from app.rehearsal.agenda import Agenda
from app.rehearsal.browser import Browser
from app.rehearsal.population import Behaviour, SyntheticPerson, answers, behaviour

LINK_IN_TEXT = re.compile(r"https?://\S+/a/[\w-]+")
Fields = list[tuple[str, str]]
RECEIVED, CLOSED, ASKS_ONCE = 303, 410, 200
EXPECTED = (RECEIVED, CLOSED)
"""A page takes the answers, or says kindly that it is too late."""
AFTER_TEXT = {"soon": 1, "partly": 1, "late": 1, "reminder_1": 2, "reminder_2": 3}


@dataclass(frozen=True)
class Visit:
    """What the runner knows of the visit behind a link: who is asked what, and until when."""

    person: SyntheticPerson
    day: int
    instruments: tuple[str, ...]
    closes_at: datetime


@dataclass
class Patients:
    """All patients: they read texts as these arrive, and answer by their habits."""

    agenda: Agenda
    browser: Browser
    quiet: Mapping[str, datetime]
    texts: Counter[str] = field(default_factory=Counter)
    answered: Counter[int] = field(default_factory=Counter)

    def receive(self, body: str, visit: Visit) -> None:
        """A text has arrived; if it is the one after which this person answers, note when."""
        match = LINK_IN_TEXT.search(body)
        if match is None:
            return
        link = match.group()
        self.texts[link] += 1
        reaction = behaviour(visit.person, visit.day)
        if AFTER_TEXT.get(reaction.kind) == self.texts[link]:
            self.agenda.note(self._when(reaction, visit), lambda: self._answer(link, visit))

    def _when(self, reaction: Behaviour, visit: Visit) -> datetime:
        if reaction.kind == "late":
            return visit.closes_at + min(reaction.delay, timedelta(hours=20))
        return self.agenda.now() + reaction.delay

    def _answer(self, link: str, visit: Visit) -> None:
        since = self.quiet.get(visit.person.code)
        if since is not None and since <= self.agenda.now():
            return
        given = answers(visit.person, visit.day, visit.instruments)
        path = urlsplit(link).path
        status, _ = self.browser.get(path)
        if status == 200:
            status = self._send(path, form(given))
        if status not in EXPECTED:
            raise RuntimeError(f"{visit.person.code}, day {visit.day}: the page answered {status}")
        self.answered[status] += 1

    def _send(self, path: str, fields: Fields) -> int:
        """Send the page; whoever is asked about what is empty says that it is meant."""
        status = self.browser.post(path, fields)
        return self.browser.post(path, [*fields, ("_asked", "1")]) if status == ASKS_ONCE else status


def form(given: Mapping[str, Mapping[str, object]]) -> Fields:
    """The fields of a submitted page."""
    fields = [("_mode", "self")]
    for instrument, items in given.items():
        fields += [(f"{instrument}.{item}", str(value)) for item, value in items.items() if value is not None]
    return fields

"""Two tabs, or two people: a form changes what it showed when it was opened, or says what stands there instead.

A form carries in `_seen` what stood there. Whoever sends it once something else stands there is shown both, and nothing
is changed; what she wrote stays in the form, which now carries what stands there. Sent again, it is a decision.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask import request

from app.core.database import Base, db
from app.core.problems import BadInput, Conflict, Problem
from app.web.desk.filters import day, moment, words
from app.web.language import gettext
from app.web.staff.resuming import refuse_resumed

SEEN = "_seen"
HIDDEN = "#"
"""Before what tells one state from another and is not shown: how often a number was changed, not the number."""
MEANWHILE = (
    "Somebody changed this after your page was opened, and nothing of yours is stored yet. Look at both. Send the form "
    "again to put yours in its place, or keep what stands there."
)
UNREADABLE = "This form is not one of ours as it was sent. Open its page again."
Value = str | int | date | datetime | None
Facts = Mapping[str, Sequence[Value]]
"""What a form shows of what is stored, by what it is called."""
Stored = dict[str, list[str]]


@dataclass(frozen=True)
class ValueChanged:
    """One thing that is another than it was when the page was opened, both as the page says them."""

    name: str
    then: str
    now: str


class ChangedSinceShown(Conflict):
    """What stood there when the form was opened, and what stands there now."""

    title = "Somebody changed this meanwhile"

    def __init__(self, differences: Sequence[ValueChanged], keep: str):
        super().__init__(MEANWHILE)
        self.differences = tuple(differences)
        self.keep = keep
        """The address of the page that shows what stands there, for who leaves it so."""


def marked(facts: Facts, problem: Problem | None = None) -> str:
    """What the form shows, to be sent with it; one that was refused for another reason goes on with what it carried."""
    if problem is not None and not isinstance(problem, ChangedSinceShown) and SEEN in request.form:
        return request.form[SEEN]
    return json.dumps(_stored(facts), separators=(",", ":"))


def hold_as_shown(
    rows: Iterable[Base],
    facts: Callable[[], Facts],
    *,
    keep: str,
    zone: str,
    name_of: Callable[[str], str] = gettext,
) -> None:
    """Let nobody else change these rows until this request is over; ChangedSinceShown where its form showed others.

    A form that does not say what it showed holds nobody.
    """
    refuse_resumed()
    if SEEN not in request.form:
        return
    then = _read(request.form[SEEN])
    for row in rows:
        db.session.refresh(row, with_for_update={"key_share": True})
    now = _stored(facts())
    if then != now:
        names = [name for name in {**then, **now} if then.get(name) != now.get(name)]
        said = [(name_of(name), _said(then.get(name), zone), _said(now.get(name), zone)) for name in names]
        raise ChangedSinceShown([_changed(*each) for each in said], keep)


def _changed(name: str, then: str, now: str) -> ValueChanged:
    """Of what is not shown it can only be said that it is another."""
    return ValueChanged(name, then or gettext("as you saw it"), now or gettext("another one"))


def _stored(facts: Facts) -> Stored:
    return {name: [_written(value) for value in values] for name, values in facts.items()}


def _written(value: Value) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)


def _read(sent: str) -> Stored:
    try:
        read = json.loads(sent)
        return {str(name): [str(value) for value in values] for name, values in read.items()}
    except (ValueError, AttributeError, TypeError, RecursionError):
        raise BadInput(UNREADABLE) from None


def _said(values: Sequence[str] | None, zone: str) -> str:
    """The values as the page says them; nothing where they are not to be shown."""
    written = [value for value in values or () if value]
    if any(value.startswith(HIDDEN) for value in written):
        return ""
    return ", ".join(_as_said(value, zone) for value in written) or "–"


def _as_said(value: str, zone: str) -> str:
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return words(value)
    if at.tzinfo is None:
        return day(at.date()) if len(value) == len("2026-05-14") else value
    return moment(at, zone)

"""What each form about a participant shows of her before it changes it."""

from collections.abc import Callable, Mapping

from flask import url_for

from app.core.problems import Problem
from app.core.time import now
from app.messages.queueing.pausing import current_pause
from app.participants.events import named_events
from app.participants.going_on import consents_of
from app.participants.leaving import coming_departure
from app.participants.models import Participant
from app.permitting import current_scope
from app.schedule.models import Assessment
from app.schedule.not_done import not_done
from app.web.desk.as_shown import HIDDEN, Facts, Value, hold_as_shown, marked
from app.web.language import gettext, spoken


def _events(of: Participant) -> Facts:
    kinds: dict[str, list[Value]] = {kind: [] for kind in of.protocol.plan.noted_events}
    for event in named_events(of):
        kinds.setdefault(event.kind, []).extend([event.state.value, event.at or event.on])
    return kinds


def _phone(of: Participant) -> Facts:
    return {"Telephone": [f"{HIDDEN}{of.contact.version}"]}


def _email(of: Participant) -> Facts:
    return {"E-mail address": [f"{HIDDEN}{of.contact.version}"], "Write to her first by": [of.reached_by.value]}


def _consent(of: Participant) -> Facts:
    values: list[Value] = []
    for consent in consents_of(of):
        values.extend([consent.document, consent.given_on])
    return {"Consent": values}


def _identity(of: Participant) -> Facts:
    return {"What is asked before the questions": [f"{HIDDEN}{of.contact.check_version}"]}


def _randomisation(of: Participant) -> Facts:
    return {"Day of randomisation": [of.randomised_on]}


def _leaving(of: Participant) -> Facts:
    coming = coming_departure(of)
    left: list[Value] = [of.left_as.value if of.left_as else None, of.withdrawn_at]
    return {"Leaves the study": [*left, *((coming.grade.value, coming.on) if coming else ())]}


def _texts(of: Participant) -> Facts:
    return {"Texts": ["said STOP" if of.contact.opted_out_at else "can be sent", of.contact.opted_out_at]}


def _pause(of: Participant) -> Facts:
    held = current_pause(of, now())
    return {"Texts paused": [held.until_at, held.reason] if held else []}


def _record(of: Participant) -> Facts:
    own: dict[str, list[Value]] = {
        "Day of enrolment": [of.enrolled_on],
        "Language": [of.language],
        "Time zone": [of.zone],
        "Site": [of.site.code],
    }
    return {**own, **_randomisation(of), **_events(of), **_leaving(of)}


FACTS_OF_FORMS: Mapping[str, Callable[[Participant], Facts]] = {
    "event": _events,
    "phone": _phone,
    "email": _email,
    "consent": _consent,
    "identity": _identity,
    "randomisation": _randomisation,
    "leaving": _leaving,
    "texts": _texts,
    "pause": _pause,
    "record": _record,
}
"""By the name of the form, as its page knows it."""
PAGES_OF_THEIR_OWN = ("record", "pause")


def marks(of: Participant, problem: Problem | None = None, about: str = "") -> dict[str, str]:
    """What each form of her page carries of what it shows."""
    hers = {form: facts for form, facts in FACTS_OF_FORMS.items() if form not in PAGES_OF_THEIR_OWN}
    return {form: marked(facts(of), problem if form == about else None) for form, facts in hers.items()}


def hold_her_as_shown(of: Participant, form: str) -> None:
    """ChangedSinceShown where she is not what this form showed; till the end of the request nobody changes her."""
    if form not in FACTS_OF_FORMS:
        return
    events = of.protocol.plan.noted_events

    def name_of(name: str) -> str:
        return of.protocol.plan.event_title(name, spoken()) if name in events else gettext(name)

    keep = url_for("desk_participants.show", study=current_scope().study.code, code=of.code)
    hold_as_shown([of, of.contact], lambda: FACTS_OF_FORMS[form](of), keep=keep, zone=of.zone, name_of=name_of)


def visit_facts(assessment: Assessment) -> Facts:
    """What the page of a visit shows of its being done or not."""
    noted = not_done(assessment)
    return {"not done": [noted.reason.value, noted.note] if noted else []}

"""What to say on the telephone, in the language that is spoken just now: no disease, no drug, no answer of hers."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from app.participants.models import Participant
from app.responses.calling import CallReason
from app.responses.urgency import Urgency
from app.web.desk.telling import closing
from app.web.language import gettext, spoken


def what_to_say(to: Participant, reasons: Sequence[CallReason], caller: str, at: datetime) -> list[str]:
    """Sentences to begin with, for these reasons to call."""
    plan = to.protocol.plan
    sender = next((site.sender for site in plan.sites if site.code == to.site.code), {})
    team = sender.get(spoken()) or sender.get(plan.default_language) or to.site.name
    greeting = gettext("Hello, my name is %(caller)s, and I call from %(team)s.", caller=caller, team=team)
    return [greeting, gettext("Is this a good moment to talk?"), *_about(to, reasons, at), gettext("Thank you.")]


def _about(to: Participant, reasons: Sequence[CallReason], at: datetime) -> Iterator[str]:
    urgencies = {reason.urgency for reason in reasons}
    if Urgency.SAFETY in urgencies:
        yield gettext("I call because of something that you answered. How are you just now?")
    if urgencies & {Urgency.TASK, Urgency.TO_READ}:
        yield gettext("You wrote to us, or asked us to call. How can I help?")
    if urgencies & {Urgency.UNREACHABLE, Urgency.UNDELIVERED}:
        yield gettext("Our text messages do not reach you. May I check the number, and whether you want them?")
    if Urgency.NEVER_SENT in urgencies:
        yield gettext(
            "We did not send you the message with your questions. May I send it now, or do you want to answer?"
        )
    if Urgency.AT_RISK in urgencies:
        yield gettext(
            "Your next questions matter most to the study. Is there something that makes it difficult to answer?"
        )
    for reason in reasons:
        if reason.urgency is Urgency.LATE and reason.until is not None:
            yield gettext(
                "Some questions wait for you (%(visit)s). Shall I send the link again, or do you want to answer now?",
                visit=closing(reason.until, at, to.zone),
            )
    if Urgency.MISSED in urgencies:
        yield gettext("We did not receive your last answers. Is there something that made it difficult?")

"""The words of one message: the protocol's text of its kind in the participant's language, filled in."""

from zoneinfo import ZoneInfo

from app.messages.gateways.gateway import Mail
from app.messages.kinds import QUESTIONS, REMINDERS, MessageKind, question_number
from app.messages.reading import Ready
from app.messages.short_visits import AskedNumber, by_sms
from app.participants.way_out import unsubscribe_token
from app.schedule.links import token_of
from app.studies.protocol import Channel, Protocol, ReplyForm
from app.studies.texts import render


def compose(row: Ready, plan: Protocol, base: str) -> str:
    """The text to send. The link is derived, so composing it again gives the same one."""
    site = plan.site(row.site)
    parts = {"sender": site.sender.get(row.language, site.sender[plan.default_language]), "phone": site.phone}
    if row.assessment_id is not None:
        parts["link"] = f"{base}/a/{token_of(row.assessment_id, row.link_version, row.mark)}"
    is_text = row.channel == Channel.SMS  # an e-mail is not answered by numbers
    questions = by_sms(plan, row.visit) if row.visit is not None and is_text else ()
    if row.kind is MessageKind.INVITATION and row.sms_answers and questions:
        return _asking(plan, _opening(plan, questions), questions, 1, row.language, parts)
    if row.kind in QUESTIONS:
        return _asking(plan, "question", questions, question_number(row.kind), row.language, parts)
    if row.kind in (MessageKind.THANKS, MessageKind.UNCLEAR):
        received = row.owed_at.astimezone(ZoneInfo(row.zone)).strftime("%H:%M")
        return render(plan.reply_text(row.kind, row.language), **parts, at=received)
    return render(plan.template(_words_of(row), row.language), **parts)


def mail_of(row: Ready, plan: Protocol, base: str) -> Mail:
    """What stands around the text in an e-mail."""
    site = plan.site(row.site)
    sender = site.sender.get(row.language, site.sender[plan.default_language])
    subject, footer = plan.email_words(row.language)
    way_out = f"{base}/e/{unsubscribe_token(row.participant_id, row.mark)}"
    words = footer.replace("{unsubscribe}", way_out) or way_out
    return Mail(sender, subject or sender, words, way_out, row.language)


def _words_of(row: Ready) -> MessageKind:
    """Nothing that is called a reminder, or the last one, is the first text that she gets about a visit."""
    is_first = row.kind in REMINDERS and not row.asked_before
    return MessageKind.INVITATION if is_first else row.kind


def _opening(plan: Protocol, questions: tuple[AskedNumber, ...]) -> str:
    """All questions in one text where the protocol wants that and one range fits them all; else the first one."""
    assert plan.sms_replies is not None
    same = len({(question.lowest, question.highest) for question in questions}) == 1
    return "together" if plan.sms_replies.form is ReplyForm.TOGETHER and same else "first"


def _asking(
    plan: Protocol, kind: str, questions: tuple[AskedNumber, ...], number: int, language: str, parts: dict[str, str]
) -> str:
    question = questions[number - 1]
    figures = {
        "n": str(number),
        "of": str(len(questions)),
        "lowest": str(question.lowest),
        "highest": str(question.highest),
    }
    return render(plan.reply_text(kind, language), **parts, **figures)

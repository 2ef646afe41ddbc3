"""Checks of the texts to patients: which there must be, and what each may hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from app.studies.protocol.choices import Channel, Encoding, ReplyForm
from app.studies.protocol.site_checks import e164
from app.studies.protocol.suggestions import meant
from app.studies.texts import KINDS, SMS_KINDS, lint, lint_words
from app.yaml_files import Document, Mistake

ALWAYS = ("invitation", "reissue", "stop", "start", "help", "test")
SMS_REPLIES = ("sms_replies", "texts")


def message_errors(document: Document) -> Iterator[Mistake]:
    """Texts that are missing, of no known kind, too long, or that say what a text must not."""
    yield from _kind_errors(document)
    yield from _reply_kind_errors(document)
    never, any_letter = _never(document), document.get("sending", "encoding") == Encoding.UCS2
    phones = [e164(phone, document.text("country")) or phone for phone in _of_sites(document, "phone")]
    check = partial(lint, phones=phones, never=never, any_letter=any_letter, parts=_parts(document))
    for path in [*document.children("messages"), *document.children(*SMS_REPLIES)]:
        for place, template in document.texts(*path):
            kind, language = str(path[-1]), str(place[-1])
            for problem in check(kind, language, template, senders=_of_sites(document, "sender", language)):
                yield document.error(place, problem.message, problem.remedy)
    for site in document.children("sites"):
        for place, sender in document.texts(*site, "sender"):
            for problem in lint_words(sender, never, any_letter, str(place[-1])):
                yield document.error(place, problem.message, problem.remedy)


def channel_errors(document: Document) -> Iterator[Mistake]:
    """A channel that is named twice; e-mails without their words; words that say what they must not."""
    named = document.get("channels")
    named = named if isinstance(named, list) else []
    for number, channel in enumerate(named):
        if channel in named[:number]:
            yield document.error(("channels", number), f"names `{channel}` twice", "Name each once, the first first")
    if Channel.EMAIL in named and document.get("email") is None:
        remedy = "Add `email:` with `subject:` and `footer:`, a text per language"
        yield document.error(("channels",), "e-mails have no words", remedy)
    for path, template in document.texts("email", "subject"):
        for problem in lint_words(template, _never(document), True, str(path[-1])):
            yield document.error(path, problem.message, problem.remedy)
    for path, template in document.texts("email", "footer"):
        if template.count("{unsubscribe}") != 1 or re.sub(r"{unsubscribe}", "", template).count("{"):
            remedy = "Write {unsubscribe} exactly once, and no other placeholder"
            yield document.error(path, "does not say once how to get no more e-mails", remedy)
        for problem in lint_words(template.replace("{unsubscribe}", ""), _never(document), True, str(path[-1])):
            yield document.error(path, problem.message, problem.remedy)


def _parts(document: Document) -> int:
    """How many SMS a text may be; where that is not a number, the schema says so."""
    parts = document.get("sending", "parts")
    return parts if isinstance(parts, int) and not isinstance(parts, bool) else 1


def _kind_errors(document: Document) -> Iterator[Mistake]:
    messages = document.get("messages")
    if not isinstance(messages, dict):
        return
    for kind in messages:
        if kind not in KINDS:
            message = f"there is no message of the kind `{kind}`"
            yield document.error(("messages", kind), message, meant(kind, KINDS))
    windows = (*document.children("windows"), *document.children("visits"))
    reminders = max((len(document.children(*window, "reminders")) for window in windows), default=0)
    for kind in (*ALWAYS, *(f"reminder-{n}" for n in range(1, min(reminders, 2) + 1))):
        if kind not in messages:
            yield document.error(
                ("messages",), f"the message `{kind}` is missing", f"Add `{kind}:` with a text per language"
            )


def _reply_kind_errors(document: Document) -> Iterator[Mistake]:
    """An exchange by SMS has each of its texts: the first by its form, then what all forms need."""
    texts = document.get(*SMS_REPLIES)
    if not isinstance(texts, dict):
        return
    for kind in texts:
        if kind not in SMS_KINDS:
            message = f"an answer by SMS has no text `{kind}`"
            yield document.error((*SMS_REPLIES, kind), message, meant(kind, SMS_KINDS))
    together = document.text("sms_replies", "form") == ReplyForm.TOGETHER
    opening = "together" if together else "first"
    for kind in (opening, "question", "thanks", "unclear"):
        if kind not in texts:
            remedy = f"Add `{kind}:` with a text per language"
            yield document.error(SMS_REPLIES, f"the text `{kind}` is missing", remedy)


def _never(document: Document) -> list[str]:
    study = document.text("study")
    return list(dict.fromkeys([*(word for _, word in document.texts("never_in_texts")), *([study] if study else [])]))


def _of_sites(document: Document, *steps: str) -> list[str]:
    texts = (document.text(*site, *steps) for site in document.children("sites"))
    return [text for text in texts if text is not None]

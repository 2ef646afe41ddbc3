"""A protocol's texts as they will look on a telephone at one of its sites, and how many SMS each is paid for (pure)."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.studies.protocol import Protocol
from app.studies.protocol.conduct import SitePlan
from app.studies.texts import SMS_KINDS, Segments, render, segments

SAMPLE_LINK = "x7Kq2mVt9RbL4nWc8ZsYp3HdJf6GaEu5Qk"
"""What the end of a link looks like; it opens nothing."""


@dataclass(frozen=True)
class SampleText:
    """One text of the protocol, filled in; `kind` is its name in the protocol file."""

    kind: str
    words: str
    size: Segments


def sample_texts(plan: Protocol, site: SitePlan, language: str, base: str) -> Iterator[SampleText]:
    """Every text that the site's participants may get in this language, with links under `base`."""
    sender = site.sender.get(language, site.sender[plan.default_language])
    parts = {"sender": sender, "phone": site.phone, "link": f"{base}/a/{SAMPLE_LINK}"}
    for kind in plan.messages:
        yield _sample(kind, plan.template(kind, language), parts)
    if plan.sms_replies is not None and plan.sms_replies.allowed:
        for kind in plan.sms_replies.texts:
            yield _sample(kind, plan.reply_text(kind, language), parts | SMS_KINDS[kind])


def _sample(kind: str, template: str, parts: dict[str, str]) -> SampleText:
    words = render(template, **parts)
    return SampleText(kind, words, segments(words))

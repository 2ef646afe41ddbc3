"""By what somebody is written to: her own order of channels, and which of them works now (pure)."""

from collections.abc import Sequence
from enum import StrEnum

from app.core.problems import BadInput
from app.studies.protocol import Channel


class ReachedBy(StrEnum):
    """The channels that somebody agreed to, in the order in which they are tried."""

    SMS = "sms"
    EMAIL = "email"
    SMS_THEN_EMAIL = "sms,email"
    EMAIL_THEN_SMS = "email,sms"

    @property
    def channels(self) -> tuple[Channel, ...]:
        return tuple(Channel(name) for name in self.value.split(","))


EMAIL_FIRST = (ReachedBy.EMAIL, ReachedBy.EMAIL_THEN_SMS)


def channel_of(reached_by: ReachedBy, *, phone_works: bool, email_works: bool) -> Channel | None:
    """The first of her channels that works; None if none does (SQL: messages.reading)."""
    works = {Channel.SMS: phone_works, Channel.EMAIL: email_works}
    return next((channel for channel in reached_by.channels if works[channel]), None)


def chosen(first: str, allowed: Sequence[Channel], *, has_phone: bool, has_email: bool) -> ReachedBy:
    """Her order: what she chose, then whatever else the protocol has; without a choice, the protocol's order.

    Only what she has an address of counts. BadInput where she chose what cannot be.
    """
    has = {Channel.SMS: has_phone, Channel.EMAIL: has_email}
    if first and first not in allowed:
        raise _refused(f"This study writes by {' or '.join(allowed)}.")
    if first and not has[Channel(first)]:
        raise _refused("Write down her e-mail address." if first == Channel.EMAIL else "Write down her mobile number.")
    ordered = sorted(allowed, key=lambda channel: channel != first)
    usable = [channel for channel in ordered if has[channel]]
    if not usable:
        raise _refused("There is no way to write to her: write down a mobile number or an e-mail address.")
    return ReachedBy(",".join(usable))


def _refused(sentence: str) -> BadInput:
    return BadInput(sentence, errors={"channel": sentence})

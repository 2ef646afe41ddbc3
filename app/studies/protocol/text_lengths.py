"""How texts travel that are more than one plain SMS: their alphabet, their parts, and so what they cost."""

from __future__ import annotations

from collections.abc import Iterator

from app.studies.protocol.definition import Protocol
from app.studies.texts import at_its_longest, segments


def costly_texts(protocol: Protocol) -> Iterator[str]:
    """A sentence for each text that, at its longest, needs another alphabet or several SMS."""
    phones = [site.phone for site in protocol.sites]
    replies = protocol.sms_replies.texts if protocol.sms_replies else {}
    for kind, texts in [*protocol.messages.items(), *replies.items()]:
        for language, template in texts.items():
            senders = [site.sender[language] for site in protocol.sites]
            sms = segments(at_its_longest(kind, template, senders, phones))
            if sms.count > 1 or sms.encoding != "GSM-7":
                count = "1 SMS" if sms.count == 1 else f"{sms.count} SMS, each paid for"
                yield f"The text `{kind}` in {language} takes {sms.units} places of {sms.encoding}: {count}."

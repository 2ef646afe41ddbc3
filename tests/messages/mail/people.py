"""A study that writes e-mails, and people who are reached by them."""

from typing import Any

from app.core.database import db
from app.participants.models import Participant
from tests.messages.people import PROTOCOL, enrolled, only

CHANNELS = """channels: [email, sms]
email:
  subject: {nb: Noen spørsmål til deg, en: Some questions for you}
  footer:
    nb: "Vil du ikke ha flere meldinger fra oss? {unsubscribe}"
    en: "You want no more messages from us? {unsubscribe}"
"""
BY_EMAIL = PROTOCOL.read_text("utf-8") + CHANNELS
ADDRESS = "kari@example.org"


def mailed(number: int = 1, **person: Any) -> Participant:
    """Somebody with one weekly visit who is written e-mails, and texted where those come back."""
    address = person.pop("email", f"kari{number if number > 1 else ''}@example.org")
    someone = enrolled(number, text=person.pop("text", BY_EMAIL), email=address, **person)
    only(someone, "d7")
    db.session.commit()
    return someone

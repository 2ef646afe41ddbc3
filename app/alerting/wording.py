"""The words of an alert: where somebody is needed, and the task's address. Nobody's name or code, and no answer."""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as ON_THE_WIRE
from urllib.parse import urlsplit

from flask_babel import force_locale, gettext

from app.alerting.models import StaffAlert
from app.config import Settings


@dataclass(frozen=True)
class TaskPlace:
    """Where the task is: the codes of study and site, and the site's name."""

    study: str
    site: str
    name: str


def compose(row: StaffAlert, place: TaskPlace, settings: Settings, now: datetime) -> EmailMessage:
    """The mail, in the language of her pages."""
    with force_locale(row.user.language or "en"):
        subject = _subject(row, place)
        words = _words(row, place, settings.public_base_url)
    mail = begin_mail(row.user.email, subject, f"alert-{row.mark}", settings, now)
    mail["Importance"] = "high"
    mail.set_content(words, cte="quoted-printable")
    return mail


def begin_mail(to: str, subject: str, name: str, settings: Settings, now: datetime) -> EmailMessage:
    """A mail of ours to a member of staff, still without words; `name` tells it from every other."""
    host = urlsplit(settings.public_base_url).hostname or "localhost"
    mail = EmailMessage(policy=ON_THE_WIRE)
    mail["Subject"] = subject
    sender = settings.alert_from or settings.mail.sender or f"svar@{host}"
    mail["From"] = Address(display_name="Svar", addr_spec=sender)
    mail["To"] = to
    mail["Date"] = now
    mail["Message-ID"] = f"<{name}@{host}>"
    mail["Auto-Submitted"] = "auto-generated"
    return mail


def _subject(row: StaffAlert, place: TaskPlace) -> str:
    parts = {"study": place.study, "site": place.site}
    if row.participant.practice:
        return str(gettext("Practice: a task at site %(site)s of %(study)s", **parts))
    if row.number > 1:
        return str(gettext("Still waiting: a task at site %(site)s of %(study)s", **parts))
    return str(gettext("A task waits for you at site %(site)s of %(study)s", **parts))


def _words(row: StaffAlert, place: TaskPlace, base: str) -> str:
    address = f"{base}/desk/{place.study}/today/tasks/{row.task_id}"
    sentences = [
        gettext(
            "At %(name)s there is a task that somebody should look at now, and nobody has taken it yet:",
            name=place.name,
        ),
        address,
        gettext("Press “I take this” there: then nobody else is told. Whom it is about is not in this mail."),
        gettext("You chose to be told on the page of your account: %(address)s", address=f"{base}/account"),
    ]
    return "\n\n".join(map(str, sentences)) + "\n"

"""The words of a week's digest: a place, counts, and the addresses of the desk. Nobody's name or code, no answer."""

from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage

from flask_babel import force_locale, gettext

from app.alerting.digest_counts import DigestCounts
from app.alerting.models import SiteDigest
from app.alerting.wording import begin_mail
from app.config import Settings


def compose_digest(row: SiteDigest, counts: DigestCounts, settings: Settings, now: datetime) -> EmailMessage:
    """The mail, in the language of her pages."""
    with force_locale(row.user.language or "en"):
        site = row.site
        place = f"{site.code} {site.name}" if site else str(gettext("all sites"))
        subject = gettext("The week at %(place)s (%(study)s)", place=place, study=row.study.code)
        lines = list(_lines(counts))
        base = f"{settings.public_base_url}/desk/{row.study.code}"
        ends = (
            gettext("Today's list: %(address)s", address=f"{base}/today/"),
            gettext("The week ahead: %(address)s", address=f"{base}/today/week"),
            gettext(
                "This mail comes on Mondays. Whom the numbers are about is not in it. You can stop it on the page of "
                "your account: %(address)s",
                address=f"{settings.public_base_url}/account",
            ),
        )
    mail = begin_mail(row.user.email, str(subject), f"digest-{row.mark}", settings, now)
    mail.set_content("\n".join(lines) + "\n\n" + "\n".join(map(str, ends)) + "\n", cte="quoted-printable")
    return mail


def _lines(counts: DigestCounts) -> Iterator[str]:
    yield str(gettext("To call today: %(number)s", number=counts.to_call))
    yield str(gettext("Visits open now: %(number)s", number=counts.open_now))
    yield str(gettext("Visits that open in the seven days from today: %(number)s", number=counts.opening))
    yield str(gettext("Visits whose last day is one of these seven: %(number)s", number=counts.closing))
    yield str(gettext("Answered in the last seven days: %(number)s", number=counts.answered))
    yield str(gettext("Missed in the last seven days: %(number)s", number=counts.missed))
    if counts.percent is not None:
        said = {"answered": counts.answered_of_expected, "expected": counts.expected, "percent": counts.percent}
        yield str(gettext("Answered since the beginning: %(answered)s of %(expected)s (%(percent)s %%)", **said))

"""The clock's job: who is to be told is written down, and then told."""

from datetime import datetime

from app.alerting.raising import raise_alerts
from app.alerting.sending import send_alerts
from app.config import current_settings
from app.core.audit import acting
from app.core.database import transaction
from app.core.patience import unhurried


def tell_staff(_: object, now: datetime) -> int:
    """Tell members of staff by e-mail of what cannot wait, until one of them takes it; returns how many mails left."""
    with acting("clock"), unhurried(), transaction():
        raise_alerts(now)
    return send_alerts(current_settings(), now)

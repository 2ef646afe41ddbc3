"""The lock of a study stops its time: what was open then is neither missed nor late afterwards."""

from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.core.database import db
from app.responses.models import LockSignature
from app.studies.models import Study


def data_at(study: Study, now: datetime, session: Session | None = None) -> datetime:
    """The instant as of which the study's data are told at `now`: that of the lock under which they were then, if any.

    The lock holds from the second of its two signatures until they are ended.
    """
    standing = or_(LockSignature.ended_at.is_(None), LockSignature.ended_at > now)
    signed = select(func.max(LockSignature.signed_at)).where(
        LockSignature.study_id == study.id, LockSignature.signed_at <= now, standing
    )
    locked_at = (session or db.session).scalar(signed.having(func.count() > 1))
    return min(now, locked_at) if locked_at is not None else now

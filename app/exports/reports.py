"""Where the report of a study lies that somebody made of an export."""

from pathlib import Path

from sqlalchemy import select

from app.core.database import db
from app.exports.blind_runs import BLIND_FOLDER
from app.exports.models import Snapshot
from app.exports.places import folder_of
from app.studies.models import Study

REPORT_FILE = "report.html"


def report_of(study: Study, exports: Path) -> Path | None:
    """The study's report, put into or beside its newest export by whoever analysed it; else last night's blind run."""
    query = select(Snapshot).filter_by(study_id=study.id).order_by(Snapshot.day.desc()).limit(1)
    newest, beside = db.session.scalar(query), exports / study.code
    places = [*([folder_of(newest)] if newest else []), beside, beside / BLIND_FOLDER]
    return next((place.absolute() / REPORT_FILE for place in places if (place / REPORT_FILE).is_file()), None)

"""Where the exports lie: in one folder, by study and day. What that folder is called is each machine's own affair."""

from datetime import date
from pathlib import Path, PurePosixPath

from app.config import current_settings
from app.exports.models import Snapshot
from app.studies.models import Study
from app.studies.states import StudyState


def exports_folder() -> Path:
    """Where this machine finds the installation's exports."""
    return current_settings().exports.absolute()


def name_of(study: Study) -> str:
    """The folder of a study in there; the exports of its practice lie apart from the trial's."""
    return f"{study.code}-practice" if study.state is StudyState.SETUP else study.code


def place(study: Study, day: date) -> str:
    """Where in there the export of a study and day lies, as its row says."""
    return f"{name_of(study)}/{day.isoformat()}"


def folder_of(snapshot: Snapshot) -> Path:
    """The folder of an export on this machine. (A clock of the version before writes the whole path that it saw.)"""
    recorded = PurePosixPath(snapshot.path)
    return exports_folder() / recorded.parent.name / recorded.name

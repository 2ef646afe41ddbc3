"""Nights of exports: their files, and an answer that came in since."""

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.exports import contents
from app.exports.models import Snapshot
from app.exports.places import folder_of
from app.exports.shapes import SHAPES
from app.participants.models import Participant
from tests.exports.builders import answered, visit
from tests.exports.conftest import NOW

TABLES = tuple(shape.name for shape in SHAPES)
WRITTEN = (*TABLES, "codes")
FILES = {"manifest.json", "codebook.csv", *(f"{name}.{kind}" for name in WRITTEN for kind in ("csv", "parquet"))}
FILES |= {
    f"labelled/{name}.{kind}"
    for name in ("analysis", "answers", "scores")
    for kind in ("sav", "dta", "xpt", "v8.xpt", "xlsx")
}
FILES |= {f"loaders/{name}" for name in ("load.R", "load.py", "load.sas", "load.do", "load.sps", "duckdb.sql")}
FILES |= {f"cdisc/{name}.{kind}" for name in ("dm", "sv", "tv", "qs", "adsl", "adqs") for kind in ("json", "xpt")}
FILES |= {"cdisc/define.xml", "cdisc/odm.xml"}
FILES |= {"codebook.html", "codebook.md", "quality.html"}
FILES |= {f"fhir/{name}.ndjson" for name in ("Questionnaire", "QuestionnaireResponse", "Observation")}


@pytest.fixture
def tables_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nights of the tables and what is read beside them: no labelled file, no standard, which take most of the time."""
    for made in ("labelled_files", "standard_files"):
        monkeypatch.setattr(contents, made, lambda *_: iter(()))


def read(snapshot: Snapshot) -> dict[str, bytes]:
    return read_folder(folder_of(snapshot))


def read_folder(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def answer_one_more(session: Session) -> None:
    someone = session.scalars(select(Participant).filter_by(code="01-010")).one()
    answered(visit(someone, "d35"), NOW, {"now": 1, "worst": 2, "usual": 3}, "nrs_lbp_week")
    session.commit()

"""What a rehearsal leaves in its folder: allocation, report, and the summary in which the books add up."""

import csv
import json
from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Any

from app.exports.csv_files import harmless_cells
from app.messages.monitoring.ledger import books
from app.rehearsal.population import SyntheticPerson
from app.schedule.compliance import compliance
from app.schedule.models import State
from app.studies.models import Study
from app.version import VERSION

LIBRARIES = ("flask", "sqlalchemy", "numpy", "scipy", "pandas", "formulaic")


def write_allocation(people: Sequence[SyntheticPerson], path: Path) -> None:
    """The allocation file: participant and arm; made here, outside the service, for the analysis only."""
    write_labels([(person.code, person.arm) for person in people], path)


def write_labels(arms: Sequence[tuple[str, str]], path: Path) -> None:
    """The same of pairs of participant and arm."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows(map(harmless_cells, (("participant", "arm"), *sorted(arms))))


def counts(study: Study, now: datetime) -> dict[str, Any]:
    """What became of the visits and of the texts."""
    states = compliance(study, now).total().states
    assessments = {"planned": states.total(), **{state.value: states[state] for state in State}}
    return {"assessments": assessments, "messages": books(study).as_dict()}


def versions() -> dict[str, str]:
    """What the numbers were made with."""
    return {"svar": VERSION, "python": python_version(), **{name: version(name) for name in LIBRARIES}}


def write_json(content: dict[str, Any], path: Path) -> None:
    """Readable JSON, ending in a newline."""
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")

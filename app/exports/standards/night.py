"""The files of a night in standards: SDTM and ADaM as Dataset-JSON and transport files, define.xml, ODM, and FHIR."""

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path

from app.exports.folders import write, write_blocks
from app.exports.labelled.rules import Unwritable
from app.exports.manifest import FileFacts
from app.exports.standards import adam, fhir, sdtm
from app.exports.standards.dataset_json import dataset_json
from app.exports.standards.define import define_xml
from app.exports.standards.domains import Domain
from app.exports.standards.keeping import kept
from app.exports.standards.odm import odm_xml
from app.exports.standards.questionnaires import questionnaires
from app.exports.standards.terms import numbers
from app.exports.standards.transport import transport
from app.exports.standards.trial import StandardTrial
from app.exports.tables import Dataset

alert = logging.getLogger("svar.alert")

CDISC, FHIR = "cdisc", "fhir"
DEFINE, ODM, REFUSED = f"{CDISC}/define.xml", f"{CDISC}/odm.xml", f"{CDISC}/refused.txt"
RESOURCES = {
    "Questionnaire": fhir.questionnaires,
    "QuestionnaireResponse": fhir.responses,
    "Observation": fhir.observations,
}
DATA_SETS = ("DM", "SV", "TV", "QS", "ADSL", "ADQS")
STANDARD_FILES = (
    *(f"{CDISC}/{name.lower()}.{ending}" for name in DATA_SETS for ending in ("json", "xpt")),
    DEFINE, ODM, *(f"{FHIR}/{name}.ndjson" for name in RESOURCES),
)  # fmt: skip
"""Each file, if nothing is refused."""


def domains(trial: StandardTrial) -> tuple[Domain, ...]:
    """Every data set of the trial."""
    return (
        sdtm.demographics(trial),
        sdtm.subject_visits(trial),
        sdtm.trial_visits(trial),
        questionnaires(trial),
        adam.subject_level(trial),
        adam.scores(trial),
    )


def standard_files(data: Dataset, folder: Path) -> Iterator[tuple[str, FileFacts]]:
    """Write each file into the night's folder, row by row; a transport file that would be wrong is left out."""
    trial, described, written, refusals = StandardTrial(data), list[Domain](), set[str](), list[str]()
    for domain in domains(trial):
        with kept(domain, folder) as ready:
            for name, facts in _data_set(ready, trial, folder, refusals):
                written.add(name)
                yield name, facts
        described.append(ready)
    transported = {domain.name for domain in described if f"{CDISC}/{domain.name.lower()}.xpt" in written}
    of_cdisc = numbers(data.instruments)
    defined = define_xml(described, trial.studyid, data.as_of, transported, of_cdisc)
    yield DEFINE, write(folder / DEFINE, defined)
    answers = sum(len(part) for part in data.parts("answers"))
    yield ODM, write_blocks(folder / ODM, (piece.encode() for piece in odm_xml(trial)), answers)
    for resource, lines in RESOURCES.items():
        yield _resources(f"{FHIR}/{resource}.ndjson", lines(trial), folder)
    if refusals:
        yield REFUSED, write(folder / REFUSED, "".join(f"{line}\n" for line in refusals).encode(), len(refusals))


def _data_set(
    domain: Domain, trial: StandardTrial, folder: Path, refusals: list[str]
) -> Iterator[tuple[str, FileFacts]]:
    """Both files of a data set; it is measured by them, and needs its rows no more. A refusal is said of the second."""
    stem = f"{CDISC}/{domain.name.lower()}"
    content = dataset_json(domain, trial.studyid, trial.data.as_of)
    yield f"{stem}.json", write_blocks(folder / f"{stem}.json", content, domain.count)
    try:
        yield f"{stem}.xpt", write_blocks(folder / f"{stem}.xpt", transport(domain), domain.count)
    except Unwritable as refusal:
        alert.error("%s.xpt of %s was not written: %s", stem, trial.data.study, refusal.detail)
        refusals.append(refusal.detail)


def _resources(name: str, lines: Iterable[str], folder: Path) -> tuple[str, FileFacts]:
    """A resource a line; how many there are is known when they are written."""
    rows = 0

    def blocks() -> Iterator[bytes]:
        nonlocal rows
        for line in lines:
            rows += 1
            yield line.encode()

    facts = write_blocks(folder / name, blocks(), 0)
    return name, FileFacts(sha256=facts["sha256"], rows=rows, bytes=facts["bytes"])

"""The files of a night in standards: SDTM and ADaM as Dataset-JSON and transport files, define.xml, ODM, and FHIR."""

import logging
from collections.abc import Iterator

from app.exports.labelled.rules import Unwritable
from app.exports.standards import adam, fhir, sdtm
from app.exports.standards.dataset_json import dataset_json
from app.exports.standards.define import define_xml
from app.exports.standards.domains import Domain
from app.exports.standards.odm import odm_xml
from app.exports.standards.questionnaires import questionnaires
from app.exports.standards.transport import transport
from app.exports.standards.trial import StandardTrial
from app.exports.tables import Dataset

alert = logging.getLogger("svar.alert")

CDISC, FHIR = "cdisc", "fhir"
RESOURCES = {
    "Questionnaire": fhir.questionnaires,
    "QuestionnaireResponse": fhir.responses,
    "Observation": fhir.observations,
}


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


def standard_files(data: Dataset) -> Iterator[tuple[str, bytes, int]]:
    """Each file by its name in the night's folder, with its rows; a transport file that would be wrong is left out."""
    trial = StandardTrial(data)
    every = domains(trial)
    for domain in every:
        name = f"{CDISC}/{domain.name.lower()}"
        yield f"{name}.json", dataset_json(domain, trial.studyid, data.as_of), len(domain.rows)
        try:
            yield f"{name}.xpt", transport(domain), len(domain.rows)
        except Unwritable as refusal:
            alert.error("%s.xpt of %s was not written: %s", name, data.study, refusal.detail)
    yield f"{CDISC}/define.xml", define_xml(every, trial.studyid, data.as_of), 0
    yield f"{CDISC}/odm.xml", "".join(odm_xml(trial)).encode(), len(data.table("answers"))
    for resource, lines in RESOURCES.items():
        written = list(lines(trial))
        yield f"{FHIR}/{resource}.ndjson", "".join(written).encode(), len(written)

"""A questionnaire as a folder: `definition.yaml`, one `wordings/LANGUAGE.yaml` a language, `vectors.yaml`, `images/`.

Our own stand in such folders too. What is read is kept as its files, so that the database holds what was checked, and
goes by a hash of their content: comments and spaces do not make another questionnaire, and neither do more vectors.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

from app.instruments.definition import read_definition
from app.instruments.definition_checks import undrawable
from app.instruments.model import Instrument
from app.instruments.picture_checks import PICTURES, picture_problems, pictures_of, shown_pictures
from app.instruments.pictures import ENDINGS, text_of
from app.instruments.problems import BadDefinition, BadFolder, BadWording
from app.instruments.vectors import Vector, read_vectors
from app.instruments.wording import Wording
from app.instruments.wording_building import Heading, build_wording
from app.instruments.wording_files import LANGUAGE_CODE
from app.instruments.wording_places import flatten
from app.yaml_files import Unreadable, read_yaml

DEFINITION, VECTORS, WORDINGS = "definition.yaml", "vectors.yaml", "wordings"
EXAMPLE_INSTRUMENT = "app/instruments/shipped/nrs_leg"
HEADING = ("language", "version", "demonstration", "source")
WORDS = ("title", "instruction", "recall", "groups", "scales", "rules", "items")
MOST_FILES = 60

Files = Mapping[str, str]
"""The text of each file by its path in the folder; of a picture that is no text, in base64."""


@dataclass(frozen=True)
class Folder:
    """A questionnaire as its folder says it, its example vectors, and the files that it was read from."""

    instrument: Instrument
    vectors: tuple[Vector, ...]
    files: Files
    notes: tuple[str, ...]
    """What is allowed, but worth a look."""


def read_folder(folder: Path) -> Folder:
    """The questionnaire in this folder; BadFolder lists everything that is wrong with any of its files."""
    return read_files(folder.name, files_of(folder))


def folders_beside(protocol: Path) -> list[Path]:
    """The folders of a study's own questionnaires, which lie in `instruments/` beside its protocol."""
    return sorted(path for path in protocol.with_name("instruments").glob("*") if path.is_dir())


def files_of(folder: Path) -> dict[str, str]:
    """The files of a questionnaire's folder; what else lies there is not looked at."""
    pictures = [path for path in sorted((folder / PICTURES).glob("*")) if path.suffix[1:].lower() in ENDINGS]
    paths = [folder / DEFINITION, folder / VECTORS, *sorted((folder / WORDINGS).glob("*.yaml")), *pictures]
    problems: list[str] = []
    files: dict[str, str] = {}
    for path in [path for path in paths if path.is_file()][:MOST_FILES]:
        name = path.relative_to(folder).as_posix()
        try:
            content = path.read_bytes()
            files[name] = text_of(name, content) if path in pictures else content.decode("utf-8-sig")
        except UnicodeDecodeError:
            problems.append(f"{name}: is not UTF-8 text; save it as UTF-8")
        except OSError as error:
            problems.append(f"{name}: cannot be read: {error.strerror}")
    if DEFINITION not in files and not problems:
        problems.append(f"{DEFINITION}: there is none in {folder}; compare with {EXAMPLE_INSTRUMENT}")
    if problems:
        raise BadFolder(str(folder), problems)
    return files


def read_files(subject: str, files: Files, *, kept: bool = False) -> Folder:
    """The same of files that were read already; what was `kept` long since is not held to what is asked of new ones."""
    problems: list[str] = []
    drawn = {name: text for name, text in files.items() if PurePosixPath(name).parent.name == PICTURES}
    read = {name: _content(name, text, problems) for name, text in files.items() if name not in drawn}
    bare = _definition(read.get(DEFINITION), problems)
    if bare is None:
        raise BadFolder(subject, problems)
    spoken = {name: content for name, content in read.items() if PurePosixPath(name).parent.name == WORDINGS}
    wordings = {PurePosixPath(name).stem: _wording(name, bare, content, problems) for name, content in spoken.items()}
    if not spoken:
        problems.append(f"{WORDINGS}/: has no words in any language, such as {WORDINGS}/en.yaml")
    problems += [] if kept else [f"{DEFINITION}: {problem}" for problem in undrawable(bare)]
    pictures = pictures_of(drawn, problems)
    problems += picture_problems(bare, pictures)
    vectors, wrong = read_vectors(read.get(VECTORS), bare)
    problems += [f"{VECTORS}: {problem}" for problem in wrong]
    if problems:
        raise BadFolder(subject, problems)
    structure = _hash({"definition": read[DEFINITION], "images": drawn} if drawn else read[DEFINITION])
    hashed = _hash({"structure": structure, "words": spoken})
    sound = {language: wording for language, wording in sorted(wordings.items()) if wording is not None}
    whole = replace(bare, wordings=MappingProxyType(sound), sha256=hashed, structure_sha256=structure,
                    pictures=MappingProxyType(pictures))  # fmt: skip
    return Folder(whole, vectors, MappingProxyType(dict(files)), tuple(_notes(whole, vectors)))


def _notes(instrument: Instrument, vectors: tuple[Vector, ...]) -> Iterator[str]:
    if unproved := unproved_scores(instrument, vectors):
        names = ", ".join(unproved)
        yield f"{instrument.code}: no example vector says what {names} must be; write one from the manual or the paper"
    for name in sorted(instrument.pictures.keys() - shown_pictures(instrument)):
        yield f"{PICTURES}/{name}: the definition shows it nowhere"


def unproved_scores(instrument: Instrument, vectors: tuple[Vector, ...]) -> list[str]:
    """The scores that no vector gives a value for."""
    proved = {name for vector in vectors for name, _ in vector.expected}
    return [score.name for score in instrument.scores if score.name not in proved]


def _content(name: str, text: str, problems: list[str]) -> Any:
    try:
        document = read_yaml(text.encode(), f"{EXAMPLE_INSTRUMENT}/{DEFINITION}")
    except Unreadable as error:
        problems.append(f"{name}: {error}")
        return None
    problems += [f"{name}: {mistake}" for mistake in document.mistakes]
    return document.data


def _definition(content: Any, problems: list[str]) -> Instrument | None:
    if not isinstance(content, dict):
        if not problems:
            problems.append(f"{DEFINITION}: must be a mapping of names to values")
        return None
    try:
        return read_definition(content)
    except BadDefinition as bad:
        problems += [f"{DEFINITION}: {problem}" for problem in bad.problems]
        return None


def _wording(name: str, bare: Instrument, content: Any, problems: list[str]) -> Wording | None:
    if content is None:
        return None  # its mistakes are told already
    try:
        wording = wording_of(bare, content)
    except BadWording as bad:
        problems += [f"{name}: {problem}" for problem in bad.problems]
        return None
    if wording.language != PurePosixPath(name).stem:
        problems.append(f"{name}: says that its language is {wording.language}; call the file {wording.language}.yaml")
    return wording


def wording_of(bare: Instrument, raw: Any) -> Wording:
    """A wording from the nested form of a folder's file; an item may be its text alone."""
    subject = f"words of {bare.code}"
    if not isinstance(raw, Mapping):
        raise BadWording(subject, ["must be a mapping of names to values"])
    problems = [f"{name}: is missing" for name in HEADING if name not in raw]
    problems += [f"{name}: is not known here" for name in raw if name not in (*HEADING, "reviewed_by", *WORDS)]
    if not problems and not (isinstance(raw["language"], str) and LANGUAGE_CODE.fullmatch(raw["language"])):
        problems.append("language: write the code of a language, such as nb or en")
    if not problems and not isinstance(raw["demonstration"], bool):
        problems.append("demonstration: write true or false")
    if problems:
        raise BadWording(subject, problems)
    heading = Heading(
        raw["language"], str(raw["version"]), raw["demonstration"], str(raw["source"]), str(raw.get("reviewed_by", ""))
    )
    return build_wording(bare, heading, flatten({name: raw[name] for name in WORDS if name in raw}))


def _hash(content: Any) -> str:
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()

"""The bench: a questionnaire is written as text, with its pictures, and answered beside it. Nothing of it is kept.

What was uploaded goes back into the page, and comes again with each try: the service holds no folder half written.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from werkzeug.datastructures import FileStorage, MultiDict

from app.core.problems import BadInput
from app.instruments import Instrument
from app.instruments.folders import Files, read_files
from app.instruments.pictures import LARGEST_PICTURE, text_of

LONGEST_TEXT = 100_000
MOST_PICTURES = 20
PICTURE, WITHOUT = "picture/", "without"
"""Before the name of a picture, the field that carries it; and the field that names those to be left out."""
LANGUAGE_LINE = re.compile(r"^language:\s*([a-z]{2,3})\s*$", re.MULTILINE)


@dataclass(frozen=True)
class BenchFolder:
    """A questionnaire as it lies at the bench: its definition, its words in one language, its pictures by name."""

    definition: str
    words: str
    pictures: Files = field(default_factory=dict)

    @property
    def fields(self) -> Mapping[str, str]:
        """As a form carries it."""
        carried = {f"{PICTURE}{name}": text for name, text in self.pictures.items()}
        return {"definition": self.definition, "words": self.words, **carried}

    def read(self) -> Instrument:
        """The questionnaire; BadFolder lists all that is wrong."""
        spoken = LANGUAGE_LINE.search(self.words)
        words = f"wordings/{spoken[1] if spoken else 'en'}.yaml"
        images = {f"images/{name}": text for name, text in self.pictures.items()}
        return read_files("bench", {"definition.yaml": self.definition, words: self.words, **images}).instrument


def begun_with(files: Files, language: str = "en") -> BenchFolder:
    """A questionnaire of the library, or of a site, taken to the bench in this language or the first that it has."""
    words = [name for name in sorted(files) if name.startswith("wordings/")]
    chosen = f"wordings/{language}.yaml"
    pictures = {PurePosixPath(name).name: text for name, text in files.items() if name.startswith("images/")}
    return BenchFolder(files["definition.yaml"], files[chosen if chosen in words else words[0]], pictures)


def sent(form: MultiDict[str, str], uploaded: list[FileStorage], otherwise: BenchFolder) -> BenchFolder:
    """What somebody has written and uploaded; BadInput where it is larger than a questionnaire can be."""
    texts = {name: form.get(name) or getattr(otherwise, name) for name in ("definition", "words")}
    if any(len(text) > LONGEST_TEXT for text in texts.values()):
        raise BadInput(f"A text has at most {LONGEST_TEXT} characters here.")
    carried = {name.removeprefix(PICTURE): text for name, text in form.items() if name.startswith(PICTURE)}
    pictures = carried | dict(_read(file) for file in uploaded if file.filename)
    for name in form.getlist(WITHOUT):
        pictures.pop(name, None)
    if len(pictures) > MOST_PICTURES:
        raise BadInput(f"At most {MOST_PICTURES} pictures lie here. Leave some out.")
    return BenchFolder(**texts, pictures=dict(sorted(pictures.items())))


def _read(file: FileStorage) -> tuple[str, str]:
    """A picture by its name, as a folder keeps it."""
    name = PurePosixPath((file.filename or "").replace("\\", "/")).name
    content = file.read(LARGEST_PICTURE + 1)
    if len(content) > LARGEST_PICTURE:
        raise BadInput(f"{name} has more than {LARGEST_PICTURE:,} bytes. Make it smaller or simpler.")
    try:
        return name, text_of(name, content)
    except UnicodeDecodeError:
        raise BadInput(f"{name} is no drawing, whatever it is called: it is not written in UTF-8.") from None

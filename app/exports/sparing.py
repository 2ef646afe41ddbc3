"""Files that are made of what a night has already: a fault in them costs those files, and not the night.

The manifest then names each of them, so that nobody takes a night without them for a whole one.
"""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from app.exports.folders import write_blocks
from app.exports.manifest import FileFacts

alert = logging.getLogger("svar.alert")
REFUSED = "*/refused.txt"
"""Where those who write files say which of them their formats do not take."""
Written = tuple[str, FileFacts]


@dataclass(frozen=True)
class Spared:
    """The night of a study, and a sentence for each file that it lacks."""

    study: str
    folder: Path
    sentences: list[str] = field(default_factory=list)

    def files(self, files: Iterable[Written], expected: Iterable[str], which: str) -> Iterator[Written]:
        """The files; whatever fault ends them is told, and each of the expected that was not written is named."""
        missing = dict.fromkeys(expected)
        try:
            for name, facts in files:
                missing.pop(name, None)
                yield name, facts
        except Exception as fault:  # a library of formats may raise anything, and the night's tables stand
            kind = type(fault).__name__
            alert.error("the %s of %s are not whole: %s", which, self.study, kind)
            self.sentences.extend(f"{name} was not written: the {which} ended with {kind}." for name in missing)

    def pages(self, made: Iterable[tuple[str, bytes]], expected: Iterable[str]) -> Iterator[Written]:
        """Write each page into the night's folder, and the same."""
        written = ((name, write_blocks(self.folder / name, [page], 0)) for name, page in made)
        return self.files(written, expected, "pages")

    def left_out(self) -> list[str]:
        """Those sentences, after those of files that were refused."""
        refused = (path.read_text("utf-8").splitlines() for path in sorted(self.folder.glob(REFUSED)))
        return [*(line for lines in refused for line in lines), *self.sentences]

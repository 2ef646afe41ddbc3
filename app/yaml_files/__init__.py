"""Files in YAML that people write: the same reading everywhere, and every value remembers where it stood.

Words mean what YAML 1.2 says: `NO`, `on`, `20:00` and `2019-03-01` are text, only `true` and `false` are truth values,
and a number with a point is exact. What two readers would take differently is refused with what to write instead: `056`
(the number 56, or a code?), a name that stands twice. So is what could make a small file large: anchors, tags, depth.

The protocol, the plan of analysis, the simulation, questionnaires and wordings are read by this. It imports nothing of
the application, so that the analysis may use it too.
"""

from app.yaml_files.checking import FileError, misfits, read_checked, read_document
from app.yaml_files.document import Document, Mistake, Path, Position
from app.yaml_files.reading import Unreadable, read_yaml

__all__ = [
    "Document",
    "FileError",
    "Mistake",
    "Path",
    "Position",
    "Unreadable",
    "misfits",
    "read_checked",
    "read_document",
    "read_yaml",
]

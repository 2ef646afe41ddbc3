"""The heads of the audit trail's chain that the manifests of the exports kept: outside the database, night by night."""

from collections.abc import Iterator
from pathlib import Path

from app.core.problems import BadInput
from app.core.verifying_seals import Anchor
from app.exports.manifest import MANIFEST, manifest
from app.exports.retaining import PUT_AWAY


def anchors(exports: Path) -> Iterator[Anchor]:
    """The seal of each manifest under `exports`, oldest first; BadInput where one can no longer be read."""
    places = (f"*/????-??-??/{MANIFEST}", f"*/{PUT_AWAY}/????-??-??/{MANIFEST}")
    for path in sorted((path for place in places for path in exports.glob(place)), key=lambda path: path.parent.name):
        audit = manifest(path.parent).get("audit")
        if not isinstance(audit, dict) or "seal" not in audit:
            raise BadInput(f"{path} is damaged: it does not say which seal was the newest.")
        if audit["seal"] is not None:
            yield Anchor(str(audit["seal"]["hash"]), f"The seal that {path} kept")

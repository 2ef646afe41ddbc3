"""What a signature under a correction says, and the hash that ties it to what was signed (21 CFR 11.50, 11.70).

The hash covers the response's own hash, all of the query, the decision, and who signed when with which meaning: taken
from its record, or with one word of the record changed, a signature fits nothing any more.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator

from app.responses.models import Correction, CorrectionOutcome

SIGNED_MEANINGS = {
    CorrectionOutcome.APPROVED: "I have compared this change with its source, and I approve it.",
    CorrectionOutcome.REFUSED: "I have compared this change with its source, and I refuse it.",
}
CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
SIGNED_COLUMNS = (
    "response_id", "kind", "instrument", "item", "original_value", "previous_value", "proposed_value", "reason",
    "source", "asked_by_id", "outcome", "decided_by_id", "decision_reason", "signer_name", "meaning",
)  # fmt: skip
SIGNED_INSTANTS = ("asked_at", "decided_at")


def signature(correction: Correction) -> str:
    """SHA-256 of the canonical JSON of all that is signed."""
    facts: dict[str, object] = {name: getattr(correction, name) for name in SIGNED_COLUMNS}
    facts |= {name: getattr(correction, name).isoformat() for name in SIGNED_INSTANTS}
    facts["response_sha256"] = correction.response.sha256
    return hashlib.sha256(CANONICAL.encode(facts).encode()).hexdigest()


def altered(corrections: Iterable[Correction]) -> Iterator[Correction]:
    """Those whose record is not what was signed."""
    return (each for each in corrections if each.sha256 is not None and each.sha256 != signature(each))

"""How far somebody leaves a study, and which step may follow which (pure)."""

from collections.abc import Mapping
from enum import StrEnum


class LeavingGrade(StrEnum):
    """From the least to the most; whoever has died is asked and texted no more either."""

    NO_TEXTS = "no texts"
    """She answers links that she is given in another way, and staff may call her."""
    NO_QUESTIONNAIRES = "no more questionnaires"
    """What she gave stays in use."""
    NO_FURTHER_USE = "no further use"
    """What she gave is kept, since the law asks for records of trials, and leaves in no export."""
    DIED = "died"


ENDS_QUESTIONNAIRES = (LeavingGrade.NO_QUESTIONNAIRES, LeavingGrade.NO_FURTHER_USE, LeavingGrade.DIED)

FOLLOWS: Mapping[LeavingGrade | None, tuple[LeavingGrade, ...]] = {
    None: tuple(LeavingGrade),
    LeavingGrade.NO_TEXTS: ENDS_QUESTIONNAIRES,
    LeavingGrade.NO_QUESTIONNAIRES: (LeavingGrade.NO_FURTHER_USE, LeavingGrade.DIED),
    LeavingGrade.NO_FURTHER_USE: (),
    LeavingGrade.DIED: (),
}
"""What may be recorded after what. Who forbade the use stays so, also in death: no weaker word undoes it."""

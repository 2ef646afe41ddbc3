"""How wide the texts of a night are, for the languages that must know it before they read."""

from collections.abc import Sequence

from app.exports.csv_files import harmless
from app.exports.tables import Cell

NARROWEST = 8


def widest(cells: Sequence[Cell]) -> int:
    """The bytes of the longest text of a column as it stands in the CSV file, in steps of eight."""
    longest = max((len(harmless(str(cell)).encode()) for cell in set(cells) if cell is not None), default=0)
    return max(NARROWEST, -(-longest // 8) * 8)

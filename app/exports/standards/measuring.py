"""What is learnt of rows while they pass: how many there are, how wide, which values they hold, and of what form."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from app.exports.csv_files import NUMBER
from app.exports.standards.code_lists import BY_TEST, DECODED_BY, DERIVED_WHERE, LISTED


class ResultForm(NamedTuple):
    """Of what form the results of one test are."""

    is_number: bool = True
    width: int = 1
    decimals: int = 0
    is_derived: bool = False


class Measured:
    """What is known of the rows that have passed."""

    def __init__(self, names: Sequence[str], texts: Collection[str]) -> None:
        """Nothing has passed yet; `texts` are the variables that hold text."""
        self._names, self._texts = tuple(names), frozenset(texts)
        self.count, self.widths = 0, dict.fromkeys(names, 1)
        self.terms: dict[str, dict[str, str]] = {}
        """By code list, each value and what it means, which may be nothing."""
        self.forms: dict[tuple[str, str], ResultForm] = {}
        """By variable and test."""
        self._before: dict[str, set[tuple[object, object, object]]] = {}
        """The results of the rows before: most come again and again, and none of further back is held."""

    def add(self, columns: Sequence[Sequence[object]]) -> None:
        """Some rows more, column by column."""
        cells = dict(zip(self._names, columns, strict=True))
        self.count += len(columns[0])
        seen = {name: set(cells[name]) - {None} for name in self._texts}
        for name, texts in seen.items():
            self.widths[name] = max(self.widths[name], *(len(str(text)) for text in texts), 0)
        for name in LISTED.keys() & cells.keys():
            terms = self.terms.setdefault(LISTED[name], {})
            meanings = cells.get(DECODED_BY.get(name, ""))
            if meanings is None:
                values = seen[name] if name in seen else set(cells[name]) - {None}
                terms |= dict.fromkeys(map(str, values), "")
            else:
                said = dict(zip(cells[name], meanings, strict=True))
                terms |= {str(value): str(meaning) for value, meaning in said.items() if value is not None}
        for name, test in BY_TEST.items():
            if {name, test} <= cells.keys():
                self._add_results(name, cells)

    def _add_results(self, name: str, cells: Mapping[str, Sequence[object]]) -> None:
        flags: Iterable[object] = cells[DERIVED_WHERE[name]] if name in DERIVED_WHERE else [None] * len(cells[name])
        results = set(zip(cells[BY_TEST[name]], cells[name], flags, strict=True))
        before, self._before[name] = self._before.get(name, set()), results
        for test, value, flag in results - before:
            if value is not None:
                place = name, str(test)
                self.forms[place] = _joined(self.forms.get(place, ResultForm()), value, flag == "Y")


def _joined(form: ResultForm, value: object, is_derived: bool) -> ResultForm:
    """The form of results of which this is one more."""
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    decimals = len(text.partition(".")[2]) if NUMBER.fullmatch(text) else 0
    return ResultForm(
        form.is_number and NUMBER.fullmatch(text) is not None, max(form.width, len(text)),
        max(form.decimals, decimals), form.is_derived or is_derived,
    )  # fmt: skip

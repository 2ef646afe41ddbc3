"""The loader of Stata: each CSV file becomes a .dta beside it, with types and labels."""

from collections.abc import Sequence

from app.exports.tables import Column, Kind, Table

HEAD = """\
* Loads this night, in its folder: do loaders/load.do. Each table is saved as NAME.dta beside its CSV file.
* Times are UTC, flags 1 and 0. labelled/NAME.dta has codes and reasons as value labels, too.
version 14
clear all
label define svar_flag 1 "Yes" 0 "No"
label save svar_flag using "svar_flag.do", replace
"""


def script(tables: Sequence[Table]) -> str:
    """The whole script, as text."""
    return HEAD + "".join(map(_one_table, tables)) + 'erase "svar_flag.do"\n'


def _one_table(table: Table) -> str:
    lines = [
        f'\nimport delimited using "{table.name}.csv", clear varnames(1) case(preserve) encoding("utf-8") ///',
        "    bindquotes(strict) maxquotedrows(unlimited) stringcols(_all)",
        'do "svar_flag.do"',
        *(line for column in table.shape.columns for line in _one_column(column)),
        f'save "{table.name}.dta", replace\n',
    ]
    return "\n".join(lines)


def _one_column(column: Column) -> list[str]:
    name = column.name
    label = f'label variable {name} "{_plain(column.en)}"'
    if column.kind in (Kind.INTEGER, Kind.DECIMAL):
        return [f"destring {name}, replace", label]
    if column.kind is Kind.BOOLEAN:
        made = f'generate byte _svar = cond({name} == "true", 1, cond({name} == "false", 0, .))'
        return [made, *_in_place_of(name), f"label values {name} svar_flag", label]
    if column.kind is Kind.DATE:
        return [f'generate long _svar = daily({name}, "YMD")', *_in_place_of(name), f"format {name} %td", label]
    if column.kind is Kind.INSTANT:
        bare = f'subinstr(subinstr({name}, "T", " ", 1), "Z", "", 1)'
        made = f'generate double _svar = clock({bare}, "YMDhms")'
        return [made, *_in_place_of(name), f"format {name} %tc", label]
    return [label]


def _in_place_of(name: str) -> list[str]:
    """The new variable where the text stood."""
    return [f"order _svar, after({name})", f"drop {name}", f"rename _svar {name}"]


def _plain(label: str) -> str:
    """What Stata takes between double marks, at most 80 letters."""
    return label.replace('"', "'").replace("`", "'")[:80]

"""The codebook to read: each table and each questionnaire with its columns, questions, scores and codes."""

from collections.abc import Iterator, Sequence

from app.exports.codebook import CODEBOOK_SHAPE
from app.exports.codes import CODES_SHAPE
from app.exports.reading.document import Grid, PageSection, ReadablePage
from app.exports.tables import Cell, Dataset, Shape, Table, Words

TITLE = Words("Kodebok for {study}", "Codebook of {study}")
LEAD = Words(
    "Hva hver kolonne, hvert spørsmål og hver skåre er, og hva kodene betyr. Det samme står i codebook.csv og"
    " codes.csv. Ordene i et spørreskjema står her bare der lisensen lar dem vises.",
    "What each column, question and score is, and what the codes mean. The same stands in codebook.csv and codes.csv."
    " The words of a questionnaire stand here only where its licence lets them be shown.",
)
PROTOCOLS = Words("Protokollens versjoner: {versions}.", "Versions of the protocol: {versions}.")
CONTENTS = Words("Innhold", "Contents")
TABLE, OF_INSTRUMENT = Words("Tabellen {name}", "Table {name}"), Words("Spørreskjemaet {name}", "Questionnaire {name}")
KEY_SENTENCE = Words("Radene skilles av {key}.", "Its rows are told apart by {key}.")
OF_TABLE, OF_ITEMS = Words("Kolonner i {name}", "Columns of {name}"), Words("Spørsmål i {name}", "Questions of {name}")
SCORES_CAPTION, OF_CODES = Words("Skårer i {name}", "Scores of {name}"), Words("Koder i {name}", "Codes of {name}")
LANGUAGES = {"label_nb": "nb", "label_en": "en"}

Rows = list[dict[str, Cell]]


def codebook_page(data: Dataset, book: Table, codes: Table, shapes: Sequence[Shape]) -> ReadablePage:
    """The page of this codebook and these codes."""
    language, of_columns, of_codes = data.language, _rows(book), _rows(codes)
    versions = ", ".join(version["version"] for version in data.protocols)
    return ReadablePage(
        title=in_words(TITLE, language, study=data.study),
        language=language,
        contents=in_words(CONTENTS, language),
        sentences=(in_words(LEAD, language), *([in_words(PROTOCOLS, language, versions=versions)] if versions else ())),
        sections=(
            *(_of_table(shape, of_columns, of_codes, language) for shape in shapes),
            *_of_instruments(data, of_columns, of_codes),
        ),
    )


def in_words(words: Words, language: str, **facts: object) -> str:
    """The words in the language of a page, with these facts in them."""
    return str(getattr(words, language)).format(**facts)


def _of_table(shape: Shape, book: Rows, codes: Rows, language: str) -> PageSection:
    columns = [row for row in book if row["table"] == shape.name and row["instrument"] is None]
    coded = [row for row in codes if row["table"] == shape.name and row["instrument"] is None]
    grids = [
        _grid(in_words(OF_TABLE, language, name=shape.name), CODEBOOK_SHAPE, columns, ("table", "instrument"), language)
    ]
    if coded:
        caption = in_words(OF_CODES, language, name=shape.name)
        grids.append(_grid(caption, CODES_SHAPE, coded, ("table", "instrument"), language))
    key = in_words(KEY_SENTENCE, language, key=", ".join(shape.key))
    return PageSection(in_words(TABLE, language, name=shape.name), (key,), tuple(grids))


def _of_instruments(data: Dataset, book: Rows, codes: Rows) -> Iterator[PageSection]:
    language, hidden = data.language, ("table", "column", "instrument", "instrument_version")
    for each in data.instruments:
        name = f"{each.code} {each.version}"
        is_shown = language in each.languages and not each.licence.requires_original(language)
        own = [row for row in book if (row["instrument"], row["instrument_version"]) == (each.code, each.version)]
        coded = [row for row in codes if row["instrument"] == each.code]
        parts = [
            _grid(in_words(words, language, name=name), CODEBOOK_SHAPE, rows, hidden, language)
            for words, of in ((OF_ITEMS, "answers"), (SCORES_CAPTION, "scores"))
            if (rows := [row for row in own if row["table"] == of])
        ]
        parts.append(_grid(in_words(OF_CODES, language, name=name), CODES_SHAPE, coded, hidden, language))
        grids = tuple(grid for grid in parts if grid.rows)
        yield PageSection(
            in_words(OF_INSTRUMENT, language, name=name), (each.title(language),) if is_shown else (), grids
        )


def _rows(table: Table) -> Rows:
    return [dict(zip(table.shape.names, row, strict=True)) for row in table.rows]


def _grid(caption: str, shape: Shape, rows: Rows, hidden: tuple[str, ...], language: str) -> Grid:
    columns = [column for column in shape.columns if column.name not in hidden]
    cells = tuple(
        tuple("" if row[column.name] is None else str(row[column.name]) for column in columns) for row in rows
    )
    heads = tuple(str(getattr(column, language)) for column in columns)
    return Grid(caption, heads, cells, tuple(LANGUAGES.get(column.name, "") for column in columns)).filled()

"""A table of the desk as a file: CSV that is kept by nobody on the way."""

import csv
import io
from collections.abc import Iterable, Sequence

from werkzeug.wrappers import Response

from app.exports.csv_files import harmless_cells
from app.permitting import current_scope

Row = Sequence[object]


def table_file(name: str, heads: Row, rows: Iterable[Row], delimiter: str = ",") -> Response:
    """The answer that a browser keeps as `STUDY name.csv`."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerows(map(harmless_cells, (heads, *rows)))
    answer = Response(text.getvalue().encode(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{current_scope().study.code} {name}.csv"'
    answer.headers["Cache-Control"] = "no-store"
    return answer

"""Texts of ours inside other languages: a quotation mark is written as each of them writes it."""


def doubled(text: str, mark: str = "'") -> str:
    """Between marks, a mark inside written twice: SQL, SAS and SPSS."""
    return mark + text.replace(mark, mark * 2) + mark


def escaped(text: str) -> str:
    """Between double marks, marks and backslashes inside with a backslash: R and Python."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

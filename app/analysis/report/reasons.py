"""What could not be made says why, in its own place."""

from collections.abc import Callable

from app.analysis.errors import AnalysisError
from app.analysis.report.document import Block, Text
from app.analysis.report.fitting import UNFORESEEN


def or_why(make: Callable[[], Block]) -> Block:
    """The table or picture; what these data do not allow is said in its place, and the rest of the report stands."""
    try:
        return make()
    except AnalysisError as problem:
        return Text((f"This cannot be shown: {problem}",))
    except UNFORESEEN as problem:
        return Text((f"This cannot be shown: the computation broke off ({type(problem).__name__}: {problem}).",))

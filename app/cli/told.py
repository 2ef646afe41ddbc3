"""What is wrong with a command's input, said as people read it, without a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from app.core.problems import Problem
from app.instruments.problems import InstrumentProblem


@contextmanager
def told() -> Iterator[None]:
    """Turn a problem into a message and exit code 1."""
    try:
        yield
    except Problem as problem:
        lines = [problem.detail, *(f"  {field}: {sentence}" for field, sentence in problem.errors.items())]
        raise click.ClickException("\n".join(lines)) from None
    except InstrumentProblem as problem:
        raise click.ClickException(str(problem)) from None

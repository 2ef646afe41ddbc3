"""JSON over HTTP for programs, with a token; described by OpenAPI."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Put the API on the application."""

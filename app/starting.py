"""What is looked at before a process of the service does anything: is this its database, and may it be?

Raises IncompleteSettings with what to do. A database that is away, or not migrated yet, refuses nobody here: pages say
that it is away, `flask db upgrade` must run, and each new connection asks again for its role (`app.core.connecting`).
"""

from flask import Flask
from sqlalchemy.exc import OperationalError, ProgrammingError

from app.config import IncompleteSettings, settings_of
from app.core import key_marks
from app.core.audit import acting
from app.core.connecting import UnsafeRole
from app.core.database import db, transaction


def started(app: Flask) -> Flask:
    """The application, once its database was looked at; nothing stays open, so that a server may fork."""
    settings = settings_of(app)
    with app.app_context():
        try:
            with acting("start"), transaction():
                refused = key_marks.hold(settings.keyring, production=settings.production)
        except UnsafeRole as error:
            refused = str(error)
        except (OperationalError, ProgrammingError):
            refused = None
        finally:
            db.session.close()
            db.engine.dispose()
    if refused:
        raise IncompleteSettings(f"Svar does not start like this:\n{refused}\nSee docs/operations.md.")
    return app

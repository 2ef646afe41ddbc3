"""Sessions are the staff's. A patient's page has none, whatever cookie a browser brings: nothing is read or written.

Nor have files: one that comes late, after signing out, would otherwise bring its cookie back.
"""

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

WITHOUT = ("/a/", "/static/")


class StaffSessions(SecureCookieSessionInterface):
    """Flask's signed cookie, nowhere under the patients' addresses, and not for files."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if request.path.startswith(WITHOUT):
            return self.make_null_session(app)
        return super().open_session(app, request)

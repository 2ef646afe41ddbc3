"""What a server and `flask` serve."""

from app import create_app
from app.starting import started

app = started(create_app())

"""How gunicorn serves Svar; read wherever it is started from this folder. See app/web/serving.py."""

import os

bind = f"{os.environ.get('WEB_BIND', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "app.web.serving.Reader"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
worker_connections = int(os.environ.get("WEB_CONNECTIONS", "500"))
graceful_timeout = 30
control_socket_disable = True

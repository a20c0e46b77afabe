"""WSGI entry point, for gunicorn in the production form and waitress in `make run`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadflow.settings")

application = get_wsgi_application()

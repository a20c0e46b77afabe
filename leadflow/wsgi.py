"""WSGI entry point, for gunicorn in the production form and waitress in `make run`."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadflow.settings")

application = get_wsgi_application()

# Every page's code now, not while the first visitor waits; processes forked from this one share it.
_ = get_resolver().url_patterns
gc.freeze()  # what the product is made of stays: no request waits while it is looked through

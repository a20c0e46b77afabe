"""The Celery application. Tasks are hints: the database says what is due (ADR 0003)."""

import os

from billiard import pool
from celery import Celery

# A child that leaves waits for its parent to read what it said, half a minute by default. A parent told
# to stop in the instant in which a child took up a message forgets that message and never reads; three
# seconds are enough for one that does read.
pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = 30  # times 0.1 seconds

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadflow.settings")

app = Celery("leadflow")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

"""Other processes of the product on the database of this test."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from django.db import connection

ROOT = Path(__file__).parents[2]


def environment(**more):
    """The environment of a process that works on the database of the running test."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    return os.environ | {
        "DATABASE_URL": url.geturl(),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONPATH": str(ROOT),
        **more,
    }


def start(*command, **more):
    """Start `python …` there; its output is read line by line."""
    return subprocess.Popen(
        [sys.executable, *command],
        env=environment(**more),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )

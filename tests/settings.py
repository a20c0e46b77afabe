"""The product's settings for tests: their own database, folders, keys; cheap password hashes."""

import os

from tests.environment import TEMPLATE, prepare

prepare()

from leadflow.settings import *  # noqa: E402, F403

if os.environ.get(TEMPLATE):
    DATABASES["default"]["TEST"] = {"TEMPLATE": os.environ[TEMPLATE]}  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

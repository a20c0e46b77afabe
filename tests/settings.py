"""The product's settings for tests: their own database, folders, keys; cheap password hashes."""

from tests.environment import prepare

prepare()

from leadflow.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

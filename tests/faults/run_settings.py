"""The tests' settings, and the kind of run that fault tests work on."""

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.faults.counting.CountingConfig"]

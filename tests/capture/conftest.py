"""Forms to test with."""

import pytest
from django.core.cache import cache

from tests.factories.capture import published_form


@pytest.fixture
def published(db):
    """Makes a published form of the given blocks and returns it."""
    return published_form


@pytest.fixture(autouse=True)
def _nobody_has_knocked(db):
    cache.clear()

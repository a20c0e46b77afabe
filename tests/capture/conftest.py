"""Forms to test with."""

import pytest

from capture.models import Knock
from tests.factories.capture import published_form


@pytest.fixture
def published(db):
    """Makes a published form of the given blocks and returns it."""
    return published_form


@pytest.fixture(autouse=True)
def _nobody_has_knocked(db):
    Knock.objects.all().delete()

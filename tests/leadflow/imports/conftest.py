"""Files to bring in."""

import io

import pytest

from leadflow.imports import services
from leadflow.imports.models import Import


@pytest.fixture(autouse=True)
def uploads(tmp_path, monkeypatch):
    """Uploads of a test lie in its own folder."""
    for name in ("file", "original"):
        monkeypatch.setattr(Import._meta.get_field(name), "storage", _storage(tmp_path))


def _storage(path):
    from django.core.files.storage import FileSystemStorage

    return FileSystemStorage(location=path, base_url=None)


@pytest.fixture
def bring(db):
    """Import a text as a file; gives the import, done."""

    def bring(entity, text, *, by=None, columns=None, **plan):
        raw = text if isinstance(text, bytes) else text.encode()
        imported = services.upload(entity=entity, name="file.csv", file=io.BytesIO(raw), by=by)
        if columns is not None or plan:
            imported = services.plan_as(imported, columns=columns, **plan)
        return services.work_here(imported)

    return bring

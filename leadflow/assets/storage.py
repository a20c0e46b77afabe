"""Where files lie: each is there whole or not at all."""

import contextlib
from typing import Any

from django.core.files.storage import FileSystemStorage


class WholeFiles(FileSystemStorage):
    """Files of a folder; of one for which there was no room nothing is left."""

    def _save(self, name: str, content: Any) -> str:
        try:
            return str(super()._save(name, content))  # type: ignore[misc]  # the stubs leave it out
        except OSError:
            with contextlib.suppress(OSError):
                self.delete(name)
            raise

"""A signed memory of how records stood before one act: good for a minute, and for whoever did it.

A browser sends it back in an address. What is too long for one stays with us, and the token names it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.core import signing
from django.core.cache import cache

from leadflow.errors import Conflict, Invalid
from leadflow.people.models import User

UNDO_FOR = timedelta(minutes=1)
LONGEST = 1_500  # letters of a token; servers take some 4,000 in an address


@dataclass(frozen=True)
class Memory:
    """The memory of one kind of act; the sentences say what to do when it is over, or was never hers."""

    salt: str
    over: Any  # lazy translations
    nothing: Any

    def keep(self, rows: Sequence[Any], by: User) -> str:
        """A token of these rows (plain JSON), which a browser may hold."""
        token = signing.dumps({"by": by.pk, "rows": rows}, salt=self.salt, compress=True)
        if len(token) <= LONGEST:
            return token
        key = f"undo:{uuid4().hex}"
        cache.set(key, list(rows), UNDO_FOR.total_seconds())
        return signing.dumps({"by": by.pk, "key": key}, salt=self.salt)

    def read(self, token: str, by: User) -> list[Any]:
        """The rows of a token. Raises Conflict when it is too late, Invalid for what is not hers."""
        try:
            memory = signing.loads(token, salt=self.salt, max_age=UNDO_FOR)
        except signing.SignatureExpired as error:
            raise Conflict(str(self.over)) from error
        except signing.BadSignature as error:
            raise Invalid(str(self.nothing)) from error
        if memory["by"] != by.pk:
            raise Invalid(str(self.nothing))
        rows = cache.get(memory["key"]) if "key" in memory else memory["rows"]
        if rows is None:
            raise Conflict(str(self.over))
        return list(rows)

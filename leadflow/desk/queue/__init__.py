"""My day: one ordered queue, fed by a list of sources; and the hot list, worked in the same way."""

from leadflow.desk.queue import hot
from leadflow.desk.queue.ahead import Ahead
from leadflow.desk.queue.ahead import build as ahead
from leadflow.desk.queue.building import Queue, build
from leadflow.desk.queue.building import find as find_in_day
from leadflow.desk.queue.rows import Group, Row
from leadflow.people.models import User

__all__ = ["Ahead", "Group", "Queue", "Row", "ahead", "build", "find", "hot"]


def find(user: User, key: str) -> Row | None:
    """One row of her day or of the hot list; None where it is done, put off, or somebody else's."""
    return hot.find(user, key) if key.startswith(hot.PREFIX) else find_in_day(user, key)

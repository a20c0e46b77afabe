"""Whether this process was asked to stop: long work looks here between two pieces.

The flag is one byte of memory that children forked later share, because a supervisor's TERM reaches
the parent of Celery's pool and never its children.
"""

import mmap

_flag = mmap.mmap(-1, 1)


def ask() -> None:
    """From now on nothing new is begun."""
    _flag[0] = 1


def forget() -> None:
    """The opposite of `ask`, for a process that goes on after all."""
    _flag[0] = 0


def is_asked() -> bool:
    """Whether somebody asked."""
    return bool(_flag[0])

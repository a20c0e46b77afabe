"""An installation of its own for tests that restore into one."""

from tests.leadflow.up.conftest import new_var

__all__ = ["new_var"]

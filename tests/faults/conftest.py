from tests.leadflow.mail.conftest import sink, state, wired, write

__all__ = ["sink", "state", "wired", "write"]

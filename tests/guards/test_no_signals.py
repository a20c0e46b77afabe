"""Nothing of ours hangs on Django's signals: what follows from what stands in lifecycle.py."""

import ast
from pathlib import Path

from django.db.models import signals  # noqa: TID251 looked at, not used

from tests.guards.sources import PACKAGES, our_files

MODEL_SIGNALS = (
    "pre_save",
    "post_save",
    "pre_delete",
    "post_delete",
    "m2m_changed",
    "pre_init",
    "post_init",
)


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from ((f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_no_module_of_ours_imports_signals():
    found = [
        f"{file}: {name}"
        for file, tree in our_files()
        for name in imported(tree)
        if (name.startswith("django.") and "signals" in name) or name == "django.dispatch.receiver"
    ]

    assert not found


def test_no_receiver_of_ours_is_connected():
    ours = [
        f"{name}: {receiver}"
        for name in MODEL_SIGNALS
        for entry in getattr(signals, name).receivers
        if (receiver := getattr(entry[1]() if callable(entry[1]) else entry[1], "__module__", ""))
        and receiver.split(".")[0] in PACKAGES
    ]

    assert not ours


def test_no_model_of_ours_overrides_save():
    found = [
        f"{file}: {node.name}.{inner.name}"
        for file, tree in our_files()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and "models" in (*Path(file).parts, Path(file).stem)
        for inner in node.body
        if isinstance(inner, ast.FunctionDef) and inner.name in {"save", "delete"}
    ]

    assert not found

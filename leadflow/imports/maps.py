"""Mapping files: how the columns of a file are to be understood, written down in YAML."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.imports import mapping, services
from leadflow.imports.models import Import

KEYS = {"columns", "constants", "values", "choices"}


def read(path: Path) -> dict[str, dict[str, Any]]:
    """A mapping file. Raises Invalid where it is none.

    `columns` heading: field · `constants` field: value · `values` field: {word: meant; "+" makes a
    record of it} · `choices` existing, create, match, system, dates, make, pipeline, tags, as_new.
    """
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Invalid(_("The mapping file cannot be read: %(why)s") % {"why": error}) from error
    if not isinstance(found, dict) or set(found) - KEYS:
        known = ", ".join(sorted(KEYS))
        raise Invalid(_("A mapping file has these parts: %(known)s.") % {"known": known})
    parts = {key: found.get(key) or {} for key in KEYS}
    if not all(isinstance(part, dict) for part in parts.values()):
        raise Invalid(_("Each part of a mapping file is a list of names with values."))
    return parts


def follow(imported: Import, parts: Mapping[str, Mapping[str, Any]]) -> Import:
    """Understand a file as a mapping says; without columns, they stay as they were guessed."""
    columns = mapping.by_header(parts["columns"], imported.headers) if parts["columns"] else None
    values = {
        key: {str(word): str(meant) for word, meant in words.items()}
        for key, words in parts["values"].items()
    }
    constants = {key: str(value) for key, value in parts["constants"].items()}
    return services.plan_as(
        imported, columns=columns, constants=constants, values=values, choices=parts["choices"]
    )

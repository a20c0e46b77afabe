"""Changing one value of a row where it stands: the cell becomes a field, a service writes it.

    Column("amount", ..., edit=Edit("deal.edit", field=..., value=..., save=...))

The page names where its cells live (`<c-table :cells="cells">`); the script asks there for the
field of a cell, posts what was typed, and puts the cell back as it reads now.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from leadflow.people.access import allowed, require
from leadflow.people.models import User
from leadflow.web.forms import StaffForm, dress
from leadflow.web.htmx import HtmxHttpRequest, toast
from leadflow.web.tables import Column, Edit, Table


class CellForm(StaffForm):
    """One value, and the version of the row that was seen when typing began."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, *args: Any, edit: Edit, row: Any, user: User, label: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        field = edit.field(user)
        field.label = label
        dress(field)
        self.fields["value"] = field
        self.initial = {"value": edit.value(row), "version": row.version}


@dataclass(frozen=True, slots=True)
class Cells:
    """Where the cells of a list are changed, with 0 for the row, and the columns that this user changes."""

    url: str
    keys: frozenset[str]


def cells_of(user: User, table: Table, url_name: str) -> Cells | None:
    """None where her role changes nothing of this list."""
    keys = {c.key for c in table.columns if c.edit and allowed(user, c.edit.permission)}
    url = reverse(url_name, args=[0, "x"]).removesuffix("x/")
    return Cells(url, frozenset(keys)) if keys else None


def cell(
    request: HtmxHttpRequest,
    table: Table,
    key: str,
    row: Any,
    look: Any,
    again: Callable[[], Any],
    saved: str,
) -> HttpResponse:
    """The field of a cell; after a POST the cell as it reads now. `again` reads the row anew.

    Raises Http404 for a column that is not changed in place, NotAllowed where the row is not hers.
    """
    column = table.by_key.get(key)
    if column is None or column.edit is None or column.cell is None:
        raise Http404
    edit = column.edit
    require(request.user, edit.permission, row)
    form = _form(request, column, edit, row)
    if request.method == "POST" and form.is_valid():
        value, version = form.cleaned_data["value"], form.cleaned_data["version"]
        if form.attempt(lambda: edit.save(row, value, version, request.user)):
            return toast(HttpResponse(column.cell(again(), look)), saved)
    return render(request, "web/cell.html", {"form": form, "column": column}, status=form.status)


def _form(request: HtmxHttpRequest, column: Column, edit: Edit, row: Any) -> CellForm:
    data = request.POST if request.method == "POST" else None
    return CellForm(data, edit=edit, row=row, user=request.user, label=str(column.label))

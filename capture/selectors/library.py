"""The files of the library with what they bring."""

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import Count, OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce

from capture.models import Form
from leadflow.assets.models import File, FileVersion, Grant
from leadflow.people.access import allowed
from leadflow.people.models import User


def files_of(user: User, *, archived: bool | None = False) -> QuerySet[File]:
    """Files with how many people were given them and which forms do; `archived` None means both."""
    if not allowed(user, "form.view"):
        return File.objects.none()
    given = Grant.objects.filter(file=OuterRef("pk")).order_by().values("file")
    forms = Form.objects.filter(magnet__files=OuterRef("pk")).order_by().values("magnet__files")
    rows = File.objects.annotate(
        given=Coalesce(Subquery(given.annotate(n=Count("pk")).values("n")), Value(0)),
        form_names=Coalesce(
            Subquery(forms.annotate(all=StringAgg("name", ", ")).values("all")),
            Value("", TextField()),
        ),
    ).select_related("live", "item")
    return rows if archived is None else rows.filter(is_archived=archived)


def versions_of(file: File) -> list[FileVersion]:
    """What was uploaded under the file's links, newest first."""
    return list(file.versions.select_related("uploaded_by")[:30])


def givers_of(file: File) -> list[Form]:
    """The forms that hand it over."""
    return list(Form.objects.filter(magnet__files=file).order_by("name"))


def is_stocked() -> bool:
    """Whether there is any file at all."""
    return File.objects.exists()

"""Files for a deal."""

from django.utils.translation import gettext_lazy as lazy

from leadflow.web.files import FilesField
from leadflow.web.forms import StaffForm


class FilesForm(StaffForm):
    """One file or a few."""

    attached = FilesField(
        label=lazy("Files"),
        help_text=lazy("Documents and pictures, 10 MB each, five at once."),
    )

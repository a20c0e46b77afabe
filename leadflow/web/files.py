"""A field of a staff form that takes several files."""

from typing import Any

from django import forms

from leadflow.assets import attachments
from leadflow.assets.models import Upload
from leadflow.errors import Invalid


class FilesInput(forms.FileInput):
    """The browser's own chooser, for several at once."""

    allow_multiple_selected = True

    def __init__(self) -> None:
        endings = ",".join(f".{kind}" for kind in attachments.KINDS)
        super().__init__(attrs={"accept": endings})


class FilesField(forms.FileField):
    """Files that are judged and kept as the form is read; whoever stores the form claims them."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[Upload]:
        """The kept files; what cannot be taken is said with the file's name."""
        del initial  # a file once sent is never put back into the form
        files = [one for one in (data or []) if one]
        if not files and self.required:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        try:
            return attachments.take_in(files)
        except Invalid as error:
            raise forms.ValidationError(error.message) from error

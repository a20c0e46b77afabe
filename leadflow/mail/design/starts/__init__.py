"""The templates that a new mail may start from, by key, in the order of the gallery."""

from django.utils.translation import gettext_lazy as _

from leadflow.mail.design.starts.keeping import KEEPING
from leadflow.mail.design.starts.parts import Start
from leadflow.mail.design.starts.telling import TELLING
from leadflow.mail.design.starts.winning import WINNING

STARTS: dict[str, Start] = {
    "blank": Start(_("Blank"), _("An empty mail."), "file"),
    **WINNING,
    **TELLING,
    **KEEPING,
}

__all__ = ["STARTS", "Start"]

"""The files of a deal and of the notes about it, as their reader may have them."""

from django.db.models import Q, QuerySet

from leadflow.assets import attachments
from leadflow.assets.models import Upload
from leadflow.models import Note
from leadflow.people.models import User
from pipeline.models import Deal

DEAL = "pipeline.deal"


def files_of(deal: Deal) -> QuerySet[Upload]:
    """What was attached to the deal itself."""
    return Upload.objects.filter(holder_type=DEAL, holder_id=deal.pk).order_by("pk")


def file_of(deal: Deal, user: User, pk: int) -> Upload | None:
    """A file of the deal, or of a note about it that she may read; who sees the deal has been asked."""
    notes = Note.objects.filter(Q(is_private=False) | Q(by=user), subject_ref=deal.ref)
    theirs = Q(holder_type=attachments.NOTE, holder_id__in=notes.values("pk"))
    own = Q(holder_type=DEAL, holder_id=deal.pk)
    return Upload.objects.filter(own | theirs, pk=pk).first()

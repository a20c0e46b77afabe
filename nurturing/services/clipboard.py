"""Steps that are copied or cut in one place and put in at another, in the same sequence or another one.

A copy is kept as it was at that moment: what is edited or removed afterwards does not change it. What is
put in has ids of its own, as often as it is put in.
"""

from collections.abc import Sequence as Many
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.errors import Conflict
from leadflow.kit import clock
from leadflow.people.models import User
from nurturing.models import CopiedSteps, Sequence
from nurturing.services import drafting, editing
from nurturing.services.drafting import Seen
from nurturing.services.editing import Place, Step, Steps
from nurturing.services.steps import step_name


def of(user: User) -> CopiedSteps | None:
    """What she copied last; its steps are not read."""
    return CopiedSteps.objects.filter(user=user).defer("steps").first()


def copy(steps: Many[Step], ids: Many[str], *, by: User, at: datetime | None = None) -> CopiedSteps:
    """Keep these steps, which stand in `steps`, in place of what she copied before."""
    kept = [found.step for found in (editing.locate(steps, one) for one in ids) if found]
    if not kept:
        raise Conflict(_("This step is gone. Look again."))
    values = {"steps": kept, "name": step_name(kept[0])[:80], "at": at or clock.now()}
    return CopiedSteps.objects.update_or_create(user=by, defaults=values)[0]


@transaction.atomic
def cut(sequence: Sequence, ids: Many[str], *, by: User, seen: Seen | None = None) -> CopiedSteps:
    """Keep these steps and take them out of the draft."""
    made: list[CopiedSteps] = []

    def edit(steps: Steps) -> Steps:
        made.append(copy(steps, ids, by=by))
        for one in ids:
            steps = editing.remove(steps, one)
        return steps

    drafting.change_steps(sequence, edit, by=by, seen=seen)
    return made[0]


@transaction.atomic
def paste(sequence: Sequence, place: Place, *, by: User, seen: Seen | None = None) -> str:
    """Put what she copied into the draft at this place; the id of the first step. Raises Conflict where
    she copied nothing, Invalid where there is no room for it."""
    held = CopiedSteps.objects.filter(user=by).first()
    if held is None:
        raise Conflict(_("Nothing was copied yet."))
    made = editing.fresh_all(held.steps)

    def edit(steps: Steps) -> Steps:
        for step in reversed(made):
            steps = editing.insert(steps, step, place)
        return steps

    drafting.change_steps(sequence, edit, by=by, seen=seen)
    return str(made[0]["id"])

"""Which form each kind of step is edited by."""

from collections.abc import Mapping, Sequence
from typing import Any

from nurturing.forms import steps as step_forms
from nurturing.forms.effects import EFFECT_FORMS
from nurturing.forms.steps import StepForm

STEP_FORMS: dict[str, type[StepForm]] = {
    "email": step_forms.MailForm,
    "wait": step_forms.WaitForm,
    "wait_until": step_forms.UntilForm,
    "todo": step_forms.TodoForm,
    "condition": step_forms.ConditionForm,
    "split": step_forms.SplitForm,
    "goal": step_forms.NothingForm,
    "end": step_forms.NothingForm,
    **EFFECT_FORMS,
}


def form_for(
    step: Mapping[str, Any], around: Sequence[Mapping[str, Any]], data: Any = None
) -> StepForm:
    """The pane of a step; `around` are all steps of its document."""
    return STEP_FORMS[step["type"]](data, step=step, around=around)

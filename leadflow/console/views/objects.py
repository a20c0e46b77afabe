"""Settings objects: teams, sources, custom fields. Lists and forms by `crud`, changes by services."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from leadflow.console.crud import SettingsCrud
from leadflow.console.forms.organisation import FieldForm, ResearchItemForm, SourceForm
from leadflow.console.forms.people import TeamForm
from leadflow.models import CustomField, ResearchItem, Source
from leadflow.people.models import Team, User
from leadflow.services import organisation, people


def save_team(form: Any, by: User) -> Team:
    """Make or rename."""
    team = form.instance if form.instance.pk else None
    return people.save_team(by=by, team=team, **form.cleaned_data)


def save_source(form: Any, by: User) -> Any:
    """Make or change."""
    return organisation.save_object(row=form.instance, values=form.cleaned_data, by=by)


def save_field(form: Any, by: User) -> CustomField:
    """Make or change."""
    if form.instance.pk:
        return organisation.change_field(field=form.instance, by=by, **form.cleaned_data)
    return organisation.add_field(by=by, **form.cleaned_data)


def people_in(team: Team) -> str:
    """The names of a team's people, managers first."""
    members = sorted(team.memberships.all(), key=lambda m: (not m.is_manager, m.user.name))
    return ", ".join(m.user.name for m in members)


TEAMS = SettingsCrud(
    Team,
    TeamForm,
    permission="people.edit",
    namespace="console",
    slug="teams",
    singular=_("Team"),
    plural=_("Teams"),
    intro=_("Managers see the leads and deals of the teams that they manage."),
    columns=[("name", _("Name")), ("office", _("Office")), (people_in, _("People"))],
    prefetch=["memberships__user"],
    save=save_team,
    archive=lambda team, by: people.remove_team(team=team, by=by),
)
SOURCES = SettingsCrud(
    Source,
    SourceForm,
    permission="source.edit",
    namespace="console",
    slug="sources",
    singular=_("Source"),
    plural=_("Sources"),
    intro=_("Every lead carries where it came from; spend on a source gives cost per lead."),
    columns=[
        ("name", _("Name")),
        ("channel", _("Channel")),
        ("direction", _("Direction")),
        ("is_free", _("Free")),
    ],
    archived_field="is_archived",
    save=save_source,
    archive=lambda s, by: _done(organisation.archive_source(source=s, is_archived=True, by=by)),
    restore=lambda s, by: _done(organisation.archive_source(source=s, is_archived=False, by=by)),
)
FIELDS = SettingsCrud(
    CustomField,
    FieldForm,
    permission="field.edit",
    namespace="console",
    slug="fields",
    singular=_("Field"),
    plural=_("Fields"),
    intro=_("Fields of your own stand beside the standard ones, in forms, rules and imports."),
    columns=[
        ("label", _("Label")),
        ("subject", _("Belongs to")),
        ("type", _("Type")),
        ("key", _("Key")),
        ("is_personal", _("Personal")),
    ],
    ordering=["subject", "position", "label"],
    archived_field="is_archived",
    save=save_field,
    archive=lambda f, by: _done(organisation.archive_field(field=f, is_archived=True, by=by)),
    restore=lambda f, by: _done(organisation.archive_field(field=f, is_archived=False, by=by)),
)

RESEARCH = SettingsCrud(
    ResearchItem,
    ResearchItemForm,
    permission="settings.edit",
    namespace="console",
    slug="research",
    singular=_("Line of research"),
    plural=_("Research checklist"),
    intro=_("What is to be found out about a lead or a company before somebody calls."),
    columns=[
        ("label", _("What to find out")),
        ("subject", _("About")),
        ("position", _("Position")),
    ],
    ordering=["subject", "position", "label"],
    archived_field="is_archived",
    save=save_source,
    archive=lambda one, by: _done(_offer(one, by, is_archived=True)),
    restore=lambda one, by: _done(_offer(one, by, is_archived=False)),
)


def _offer(item: ResearchItem, by: User, *, is_archived: bool) -> Any:
    """What was ticked stays ticked; nobody is asked for it any more, or again."""
    return organisation.save_object(row=item, values={"is_archived": is_archived}, by=by)


def _done(_row: Any) -> None:
    """Services answer with the row; the list needs none."""

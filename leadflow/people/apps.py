from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """People, teams and what each may do."""

    name = "leadflow.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"

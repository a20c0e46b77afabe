from django.apps import AppConfig


class RulesetsConfig(AppConfig):
    """Versioned rule sets and decisions."""

    name = "leadflow.rulesets"
    label = "rulesets"
    default_auto_field = "django.db.models.BigAutoField"

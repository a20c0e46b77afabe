"""A company may be a target of a tier."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One more column that is empty, and an index over the few that are not."""

    dependencies = [("leadflow", "0019_broadcasts")]
    operations = [
        migrations.AddField(
            model_name="company",
            name="tier",
            field=models.CharField(
                blank=True,
                choices=[("1", "Tier 1"), ("2", "Tier 2"), ("3", "Tier 3")],
                db_default="",
                default="",
                max_length=1,
                verbose_name="target tier",
            ),
        ),
        migrations.AddIndex(
            model_name="company",
            index=models.Index(
                condition=models.Q(("tier", ""), _negated=True),
                fields=["tier", "id"],
                name="company_targets",
            ),
        ),
    ]

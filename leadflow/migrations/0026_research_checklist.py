"""A checklist to begin with; every line can be changed or put away."""

from django.db import migrations

LINES = [
    ("company", "Website read", "What they make, for whom, and what is new."),
    ("company", "Who decides is known", "Board, imprint, network; note the role under Who decides here."),
    ("company", "Present supplier known", "References, job offers, photographs of their site."),
    ("company", "Signs of a budget", "Annual report, tenders, a new building, funding."),
    ("company", "News of the last months", "Press, awards, new people at the top."),
    ("lead", "Profile looked at", "What she does, for how long, and before."),
    ("lead", "Her say in the purchase known", "Ask, or see who else is in her mails."),
    ("lead", "What she wants solved", "Her answers to your forms, what she read."),
    ("lead", "Somebody you both know", "A customer of yours, a former colleague."),
]  # fmt: skip


def make(apps, schema_editor):
    item = apps.get_model("leadflow", "ResearchItem")
    if item.objects.exists():
        return
    item.objects.bulk_create(
        item(subject=subject, label=label, hint=hint, position=position)
        for position, (subject, label, hint) in enumerate(LINES)
    )


class Migration(migrations.Migration):
    dependencies = [("leadflow", "0025_research")]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]

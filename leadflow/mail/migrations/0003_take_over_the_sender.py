"""The organisation's sender becomes an identity before its own columns go.

It counts as verified: mail has been going out under it, and an upgrade must not change whom it is from.
"""

from django.db import migrations
from django.db.models.functions import Now


def take_over(apps, schema_editor):
    organisation = apps.get_model("leadflow", "Organisation").objects.first()
    if organisation is None or not organisation.sender_email:
        return
    senders = apps.get_model("mail", "SenderIdentity").objects
    senders.update_or_create(
        email=organisation.sender_email,
        defaults={
            "name": organisation.sender_name or organisation.name,
            "reply_to": organisation.reply_to,
            "is_default": True,
            "verified_at": Now(),
        },
    )


class Migration(migrations.Migration):
    dependencies = [
        ("mail", "0002_sender_verification"),
        ("leadflow", "0002_database_rules"),
    ]
    run_before = [("leadflow", "0003_sender_is_an_identity")]

    operations = [migrations.RunPython(take_over, migrations.RunPython.noop)]

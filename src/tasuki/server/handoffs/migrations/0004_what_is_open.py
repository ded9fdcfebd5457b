"""What is open is found, and counted for each person, in indexes of what is open alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("handoffs", "0003_over"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="handoff",
            name="open_by_person",
        ),
        migrations.RemoveIndex(
            model_name="handoff",
            name="handoffs_ha_outcome_9c9df4_idx",
        ),
        migrations.AddIndex(
            model_name="handoff",
            index=models.Index(
                condition=models.Q(("outcome", "open")),
                fields=["team_role", "opened_at"],
                name="open_by_role",
            ),
        ),
        migrations.AddIndex(
            model_name="handoff",
            index=models.Index(
                condition=models.Q(("outcome", "open")),
                fields=["person", "due_at", "outcome"],
                name="open_of_person",
            ),
        ),
    ]

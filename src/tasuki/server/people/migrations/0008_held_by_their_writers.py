"""Of which lead an identity and a profile are the database no longer checks: who writes them holds the lead."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0007_fewer_checks"),
    ]

    operations = [
        migrations.AlterField(
            model_name="identity",
            name="lead",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="identities",
                to="people.lead",
            ),
        ),
        migrations.AlterField(
            model_name="profile",
            name="lead",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="profiles",
                to="people.lead",
            ),
        ),
    ]

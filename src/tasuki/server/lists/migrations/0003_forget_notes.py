from typing import Any

from django.db import migrations


def forget(apps: Any, _schema: Any) -> None:
    """Notes of changes that are over stand with the decisions; here an erasure would not find them."""
    over = apps.get_model("lists", "Bulk").objects.filter(
        kind="stage", state__in=("done", "failed", "undone")
    )
    for row in over.defer("leads", "before", "refused").iterator(500):
        if row.what.get("note"):
            row.what = {**row.what, "note": ""}
            row.save(update_fields=["what"])


class Migration(migrations.Migration):
    dependencies = [("lists", "0002_undoing")]

    operations = [migrations.RunPython(forget, migrations.RunPython.noop)]

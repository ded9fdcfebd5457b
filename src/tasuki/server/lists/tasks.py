"""What the worker does for lists. Tasks take ids only and may run twice."""

from django_tasks import task


@task()
def run_bulk(bulk_id: int) -> None:
    """Change the leads of a bulk."""
    from tasuki.server.lists import doing

    doing.run(bulk_id)

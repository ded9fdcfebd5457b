"""What the worker does for imports. Tasks take ids only and may run twice."""

from django_tasks import task


@task()
def run_import(job_id: int) -> None:
    """Bring the file of a job in."""
    from tasuki.server.imports import commands

    commands.run(job_id)


@task()
def undo_import(job_id: int) -> None:
    """Take back what a job brought in."""
    from tasuki.server.imports import commands

    commands.run_undo(job_id)

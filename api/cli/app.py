"""The commands of `grader`, put together."""

from __future__ import annotations

import typer

from api.cli import demo, doctor_command, grade, publish, questions, rescore, rubric, serve, submit, takehome

_HELP = """Grade Python take-homes in Docker sandboxes, and explain every point.

Start with `grader doctor` (is everything there?), `grader takehome list` (what is there to grade against?) and
`grader grade PATH --takehome NAME`.
"""

app = typer.Typer(
    name="grader",
    help=_HELP,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("grade")(grade.grade)
app.command("submit")(submit.submit)
app.command("rescore")(rescore.rescore)
app.command("questions")(questions.questions)
app.command("demo")(demo.demo)
app.command("doctor")(doctor_command.doctor)
app.command("publish")(publish.publish)
app.command("serve")(serve.serve)
app.command("api")(serve.api)
app.command("worker")(serve.worker)
app.command("backup")(serve.backup)
app.command("restore")(serve.restore)
app.add_typer(takehome.app, name="takehome")
app.add_typer(rubric.app, name="rubric")


def main() -> None:
    """Run the command line."""
    app()

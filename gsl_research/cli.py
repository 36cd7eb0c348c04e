"""The command line ``gsl``: one command per verb, plain sentences, no traceback for a user's mistake.

Exit codes: 0 done; 1 the user's files have problems; 2 wrong call; 3 a batch finished and some studies failed.
"""

import sys
from pathlib import Path
from typing import Annotated, Literal

from . import runs

if {"measure", "demo"} & set(sys.argv[1:2]):
    runs.prepare()

import typer  # noqa: E402

from .problems import Problem, Problems  # noqa: E402
from .wording import Words, languages, words  # noqa: E402

EXAMPLE = ("breuken-strookmodel.toml", "breuken-strookmodel.csv")
DONE, USER_PROBLEM, WRONG_CALL = 0, 1, 2


def _spoken(arguments: list[str]) -> str:
    """The language asked for, before anything is parsed: help and refusals speak it too."""
    for given, following in zip(arguments, [*arguments[1:], ""], strict=True):
        lang = following if given == "--lang" else given.removeprefix("--lang=")
        if given.startswith("--lang") and lang in languages():
            return lang
    return "nl"


def command_line(lang: str) -> typer.Typer:
    """The commands, with help in one language."""
    w = words(lang)
    app = typer.Typer(
        help=w("command.help.gsl"), add_completion=False, no_args_is_help=True, rich_markup_mode=None,
        context_settings={"help_option_names": ["--help", "-h"]},
    )  # fmt: skip

    study_argument = typer.Argument(metavar="STUDY", help=w("command.help.study"), show_default=False)
    data_argument = typer.Argument(metavar="DATA", help=w("command.help.data"), show_default=False)
    out_option = typer.Option("--out", help=w("command.help.out"))
    lang_option = typer.Option("--lang", help=w("command.help.lang"))
    debug_option = typer.Option("--debug", help=w("command.help.debug"), hidden=True)

    @app.command(help=w("command.help.measure"))
    def measure(
        study: Annotated[Path, study_argument],
        data: Annotated[Path, data_argument],
        out: Annotated[Path, out_option] = Path("."),
        lang: Annotated[Literal[languages()], lang_option] = "nl",
        debug: Annotated[bool, debug_option] = False,
    ) -> None:
        _measure(study, data, out, words(lang), debug)

    @app.command(help=w("command.help.demo"))
    def demo(
        out: Annotated[Path, out_option] = Path("."),
        lang: Annotated[Literal[languages()], lang_option] = "nl",
        debug: Annotated[bool, debug_option] = False,
    ) -> None:
        from .files import schemas_folder

        examples = schemas_folder() / "examples"
        typer.echo(words(lang)("command.demo"))
        _measure(examples / EXAMPLE[0], examples / EXAMPLE[1], out, words(lang), debug)

    @app.command(help=w("command.help.check"))
    def check(
        path: Annotated[Path, typer.Argument(metavar="PATH", help=w("command.help.path"), show_default=False)],
        study: Annotated[
            Path | None, typer.Option("--study", help=w("command.help.check_study"), show_default=False)
        ] = None,
        json: Annotated[bool, typer.Option("--json", help=w("command.help.json"))] = False,
        lang: Annotated[Literal[languages()], lang_option] = "nl",
    ) -> None:
        from .checking import check_files

        checked = check_files(path, study, words(lang))
        typer.echo(checked.json() if json else "\n".join(checked.lines), err=not json and checked.rejected)
        raise typer.Exit(USER_PROBLEM if checked.rejected else DONE)

    return app


def _measure(study: Path, data: Path, out: Path, w: Words, debug: bool) -> None:
    try:
        run = runs.measure_files(study, data, out=out, lang=w.lang)
    except Problems as found:
        _refuse(w, found.problems)
    except runs.RunFailed as failed:
        if debug:
            typer.echo(failed.detail, err=True)
        _refuse(w, [failed.problem])
    typer.echo("")
    typer.echo(runs.summary(run.page))
    typer.echo("")
    typer.echo(w("command.page", path=run.page))
    typer.echo(w("command.notebook", path=run.notebook))
    typer.echo(w("command.private", path=run.record.parent))


def _refuse(w: Words, problems: list[Problem] | tuple[Problem, ...]) -> None:
    typer.echo(w("command.refused"), err=True)
    for line in w.problem_lines(problems):
        typer.echo(f"- {line}", err=True)
    raise typer.Exit(USER_PROBLEM)


def main() -> None:
    lang = _spoken(sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        code = command_line(lang)(standalone_mode=False, prog_name="gsl")
    except typer.exceptions.TyperException as wrong:
        w = words(lang)
        typer.echo(
            w("command.wrong_call", said=" ".join(sys.argv[1:]) or "gsl", detail=wrong.format_message()), err=True
        )
        code = WRONG_CALL
    except KeyboardInterrupt:
        typer.echo(words(lang)("command.stopped"), err=True)
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()

"""The command line ``gsl``: one command per verb, plain sentences, no traceback for a user's mistake.

Exit codes: 0 done; 1 the user's files have problems; 2 wrong call; 3 a batch finished and some studies failed.
"""

import re
import sys
from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

from . import runs

if {"measure", "demo"} & set(sys.argv[1:2]):
    runs.prepare()

import typer  # noqa: E402

from .problems import Problem, Problems  # noqa: E402
from .wording import Words, languages, words  # noqa: E402

if TYPE_CHECKING:
    from .also import Placed

EXAMPLE = ("breuken-strookmodel.toml", "breuken-strookmodel.csv")
DONE, USER_PROBLEM, WRONG_CALL, SOME_FAILED, INTERRUPTED = 0, 1, 2, 3, 130
CARE = ("pseudonymise", "forget", "retention")
"""The verbs that look after what is known of pupils."""
VERBS = ("measure", "batch", "synthesise", "demo", "check", "template", "plan", "decisions", *CARE)

Study = Annotated[Path, typer.Argument()]
Data = Annotated[Path, typer.Argument()]
Out = Annotated[Path, typer.Option("--out")]
Lang = Annotated[Literal[languages()], typer.Option("--lang")]
Also = Annotated[str | None, typer.Option("--also")]
Debug = Annotated[bool, typer.Option("--debug")]

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(add_help_option=False)
def measure(
    study: Study,
    data: Data,
    out: Out = Path("."),
    also: Also = None,
    not_shared: Annotated[bool, typer.Option("--not-shared")] = False,
    lang: Lang = "nl",
    debug: Debug = False,
) -> None:
    _measure(study, data, out, words(lang), _formats(words(lang), also), debug, not_shared=not_shared)


@app.command(add_help_option=False)
def batch(
    folder: Annotated[Path, typer.Argument()],
    out: Out = Path("."),
    also: Also = None,
    jobs: Annotated[int | None, typer.Option("--jobs", min=1)] = None,
    engine: Annotated[Literal["forked", "plain"] | None, typer.Option("--engine")] = None,
    scheduler: Annotated[str | None, typer.Option("--scheduler")] = None,
    lang: Lang = "nl",
    debug: Debug = False,
) -> None:
    from .batch import Local, Wanted
    from .batch_told import run_and_tell
    from .scheduler import Distributed
    from .zygote import can_fork

    w = words(lang)
    if engine == "forked" and not can_fork():
        _wrong_choice(w, "--engine", engine, ["plain"])
    if scheduler is not None and jobs is not None:
        typer.echo(w("batch.jobs_or_scheduler"), err=True)
        raise typer.Exit(WRONG_CALL)
    wanted = Wanted(out.resolve(), lang, _formats(w, also))

    def pool() -> Local | Distributed:
        return Local(engine, jobs) if scheduler is None else Distributed(scheduler, engine)

    try:
        stopped, failed = run_and_tell(folder.resolve(), wanted, pool, w, asked=engine, debug=debug)
    except Problems as found:
        _refuse(w, found.problems, "command.not_made")
    code = {"by_hand": INTERRUPTED, "disk": USER_PROBLEM}.get(stopped, SOME_FAILED if failed else DONE)
    raise typer.Exit(code)


@app.command(add_help_option=False)
def demo(out: Out = Path("."), also: Also = None, lang: Lang = "nl", debug: Debug = False) -> None:
    from .files import schemas_folder

    examples, kinds = schemas_folder() / "examples", _formats(words(lang), also)
    typer.echo(words(lang)("command.demo"))
    _measure(examples / EXAMPLE[0], examples / EXAMPLE[1], out, words(lang), kinds, debug)


@app.command(add_help_option=False)
def check(
    path: Annotated[Path, typer.Argument()],
    study: Annotated[Path | None, typer.Option("--study")] = None,
    write_study: Annotated[Path | None, typer.Option("--write-study")] = None,
    kind: Annotated[str | None, typer.Option("--as")] = None,
    scale: Annotated[str | None, typer.Option("--scale")] = None,
    json: Annotated[bool, typer.Option("--json")] = False,
    lang: Lang = "nl",
) -> None:
    from .checking import check_files
    from .schemas import KINDS
    from .tableschema import checked_as

    if len([option for option in (study, write_study, kind) if option is not None]) > 1:
        raise typer.BadParameter("--study, --write-study and --as exclude each other")
    if kind is not None and kind not in KINDS:
        _wrong_choice(words(lang), "--as", kind, KINDS)
    w, answers = words(lang), _answer_scale(scale, kind)
    if kind:
        checked = checked_as(path, kind, w, scale=answers)
    else:
        checked = check_files(path, study, w, write_study=write_study)
    typer.echo(checked.json() if json else str(checked), err=not json and checked.rejected)
    raise typer.Exit(USER_PROBLEM if checked.rejected else DONE)


def _answer_scale(scale: str | None, kind: str | None) -> tuple[int, int] | None:
    """The lowest and highest answer of a questionnaire, given as 1-7."""
    if scale is None:
        return None
    found = re.fullmatch(r"(\d+)-(\d+)", scale)
    if kind != "questionnaire" or found is None or int(found[1]) >= int(found[2]):
        raise typer.BadParameter("--scale goes with --as questionnaire and reads as 1-7")
    return int(found[1]), int(found[2])


@app.command(add_help_option=False)
def template(
    design: Annotated[str, typer.Argument()],
    out: Annotated[Path | None, typer.Option("--out")] = None,
    lang: Lang = "nl",
) -> None:
    from . import templates

    if design not in templates.TEMPLATES:
        _wrong_choice(words(lang), "gsl template", design, templates.TEMPLATES)
    w = words(lang)
    try:
        path = templates.write(design, out, lang)
    except Problems as found:
        _refuse(w, found.problems, "command.not_made")
    sheets = {sheet: w(f"templates.sheet.{sheet}") for sheet in ("data", "explain")}
    typer.echo(w("templates.written", path=path, **sheets))


@app.command(add_help_option=False)
def plan(
    study: Study,
    data: Annotated[Path | None, typer.Option("--data")] = None,
    out: Out = Path("."),
    also: Also = None,
    lang: Lang = "nl",
) -> None:
    import gsl_research as gsl

    from .also import not_renewed
    from .documents import html
    from .files import SHAREABLE, save_documents, study_folder

    w = words(lang)
    kinds = _formats(w, also)
    try:
        page = gsl.outlook(gsl.plan(gsl.load_study(study), data), lang=lang)
        new = save_documents(page, out, kinds) if kinds else ()
        folder = study_folder(out, SHAREABLE, page.study_id)
        left = not_renewed(folder, {f"{page.name}.html": html(page).encode()}, new)
        path = gsl.save(page, out)
    except Problems as found:
        _refuse(w, found.problems, "command.not_made")
    typer.echo(f"\n{page.summary}\n")
    _tell_left(w, left)
    typer.echo(w("command.plan", path=path.resolve()))
    _tell_documents(w, path.resolve().parent, new)


@app.command(add_help_option=False)
def synthesise(
    folder: Annotated[Path, typer.Argument()],
    lever: Annotated[str | None, typer.Option("--lever")] = None,
    domain: Annotated[str | None, typer.Option("--domain")] = None,
    out: Out = Path("."),
    also: Also = None,
    lang: Lang = "nl",
) -> None:
    from . import summarising
    from .belonging import DOMAINS, LEVERS, levers

    w = words(lang)
    for option, said, known in (("--lever", lever, LEVERS), ("--domain", domain, DOMAINS)):
        if said is not None and said not in known:
            _wrong_choice(w, option, said, known)
    kinds = _formats(w, also)
    try:
        cards = summarising.load_cards(folder)
        for one in (lever,) if lever else levers(cards.cards):
            told = summarising.synthesise(cards, lever=one, domain=domain, out=out, lang=lang)
            saved = summarising.save_overview(told, out, kinds)
            _say(summarising.lines(told, saved))
            _tell_documents(w, saved.page.parent, saved.documents)
        typer.echo(w("summary.command.shelf", path=summarising.save_shelf(cards, out, lang=lang).resolve()))
    except Problems as found:
        _refuse(w, found.problems, "command.not_made")
    if cards.problems:
        typer.echo(f"\n{w('summary.command.left_out')}", err=True)
        _say_problems(w, cards.problems)


@app.command(add_help_option=False)
def decisions(study: Study, lang: Lang = "nl") -> None:
    from .decision_form import write_form

    w = words(lang)
    try:
        path = write_form(study, w)
    except Problems as found:
        _refuse(w, found.problems, "command.not_made")
    typer.echo(w("team.form.written", path=path))


@app.command(add_help_option=False)
def pseudonymise(
    data: Data,
    study: Annotated[Path | None, typer.Option("--study")] = None,
    column: Annotated[list[str] | None, typer.Option("--column")] = None,
    keep: Annotated[list[str] | None, typer.Option("--keep")] = None,
    key: Annotated[Path | None, typer.Option("--key")] = None,
    out: Annotated[Path | None, typer.Option("--out")] = None,
    lang: Lang = "nl",
) -> None:
    from . import care
    from .pseudonyms import pseudonymise as make_copy

    w = words(lang)
    heading = w("problems.term.field.pupil")
    try:
        coded = make_copy(
            data, study, columns=column or (), keep=keep or (), key_file=key, out=out, pupil_heading=heading
        )
    except Problems as found:
        _refuse(w, found.problems, "command.not_made")
    _say(care.coded_lines(coded, w))


@app.command(add_help_option=False)
def forget(
    data: Annotated[list[Path], typer.Option("--data")],
    who: Annotated[str | None, typer.Argument()] = None,
    study: Annotated[Path | None, typer.Option("--study")] = None,
    in_class: Annotated[str | None, typer.Option("--class")] = None,
    key: Annotated[Path | None, typer.Option("--key")] = None,
    out: Out = Path("."),
    yes: Annotated[bool, typer.Option("--yes")] = False,
    lang: Lang = "nl",
) -> None:
    from . import care, forgetting

    w = words(lang)
    name = who if who is not None else typer.prompt(w("privacy_care.forget.ask"), err=True)
    try:
        plan = forgetting.find(name, data, out=out, study_file=study, key_file=key, in_class=in_class)
        done = forgetting.carry_out(plan, w, today=date.today()) if yes else None
    except Problems as found:
        _refuse(w, found.problems, "privacy_care.forget.refused")
    _say(care.forget_lines(plan, done, w, typed=who is not None))
    raise typer.Exit(USER_PROBLEM if done is not None and (done.left or done.unseen) else DONE)


@app.command(add_help_option=False)
def retention(out: Annotated[Path, typer.Argument()] = Path("."), lang: Lang = "nl") -> None:
    from . import care
    from .retention import kept, other_keys

    studies = kept(out)
    _say(care.retention_lines(out, studies, tuple(other_keys(studies)), words(lang), today=date.today()))


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(line)


def _formats(w: Words, also: str | None) -> tuple[str, ...]:
    from .also import FORMATS, formats

    try:
        return formats(also)
    except Problems as found:
        _wrong_choice(w, "--also", ", ".join(problem.value for problem in found.problems), FORMATS)


def _tell_documents(w: Words, folder: Path, new: "Iterable[Placed]") -> None:
    for one in new:
        if one.beside:
            typer.echo(w("command.kept", asked=one.asked, name=one.name))
        typer.echo(w("command.document", path=folder / one.name))


def _tell_left(w: Words, names: tuple[str, ...]) -> None:
    if names:
        typer.echo(f"{w('command.left', names=w.listing(names))}\n")


def _measure(
    study: Path, data: Path, out: Path, w: Words, kinds: tuple[str, ...], debug: bool, *, not_shared: bool = False
) -> None:
    from .places import synchronised

    try:
        run = runs.measure_files(study, data, out=out, lang=w.lang, also=kinds, not_shared=not_shared)
    except Problems as found:
        _refuse(w, found.problems)
    except runs.RunFailed as failed:
        if debug:
            typer.echo(failed.detail, err=True)
        _refuse(w, (failed.problem,))
    typer.echo(f"\n{runs.summary(run.page)}\n")
    if run.replaced:
        typer.echo(f"{w('command.replaced')}\n")
    if not run.card:
        typer.echo(f"{w('command.no_card')}\n")
    if run.card and run.moments_withheld:
        typer.echo(f"{w(f'report.moments.{run.moments_withheld}')}\n")
    _tell_left(w, run.left)
    typer.echo(w("command.page", path=run.page))
    typer.echo(w("command.conversation", path=run.conversation))
    _tell_documents(w, run.folder, run.documents)
    typer.echo(w("command.notebook", path=run.notebook))
    typer.echo(w("command.private", path=run.record.parent))
    if synchronised(run.record):
        typer.echo(f"\n{w('command.synchronised')}")


def _refuse(w: Words, problems: tuple[Problem, ...], lead: str = "command.refused") -> None:
    typer.echo(w(lead), err=True)
    _say_problems(w, problems)
    raise typer.Exit(USER_PROBLEM)


def _say_problems(w: Words, problems: tuple[Problem, ...]) -> None:
    for line in w.problem_lines(problems):
        typer.echo(f"- {line}", err=True)


def _wrong_choice(w: Words, after: str, said: str, options: Iterable[str]) -> NoReturn:
    typer.echo(w("command.wrong_choice", after=after, said=said, options=", ".join(options)), err=True)
    raise typer.Exit(WRONG_CALL)


def main() -> None:
    asked = sys.argv[1:]
    w = words(_spoken(asked))
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")
    if not asked or {"--help", "-h"} & set(asked):
        verb = asked[0] if asked and asked[0] in VERBS else "gsl"
        room = {"template": "templates.help"} | {care: f"privacy_care.help.{care}" for care in CARE}
        room |= {"batch": "batch.help.batch", "synthesise": "summary.help"}
        typer.echo(w(room.get(verb, f"command.help.{verb}")))
        sys.exit(DONE)
    try:
        code = app(standalone_mode=False, prog_name="gsl")
    except typer.exceptions.TyperException:
        typer.echo(w("command.wrong_call", said=" ".join(["gsl", *asked])), err=True)
        code = WRONG_CALL
    except KeyboardInterrupt:
        typer.echo(w("command.stopped"), err=True)
        code = INTERRUPTED
    sys.exit(code)


def _spoken(asked: list[str]) -> str:
    """The language asked for, before anything is parsed: help and refusals speak it too."""
    for given, following in pairwise([*asked, ""]):
        lang = following if given == "--lang" else given.removeprefix("--lang=")
        if given.startswith("--lang") and lang in languages():
            return lang
    return "nl"


if __name__ == "__main__":
    main()

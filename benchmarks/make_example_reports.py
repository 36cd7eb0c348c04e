"""Rebuild ``reports/example``: the page, the guide for a team meeting and the card of every example study, in Dutch,
and of the first one in English too. The pages of the first one are there as Word and PDF as well, and so is the page
over the schools of ``fiches``.

python benchmarks/make_example_reports.py [FOLDER]
"""

import shutil
import sys
import tempfile
from pathlib import Path

import gsl_research as gsl

PROJECT = Path(__file__).parents[1]
EXAMPLES = PROJECT / "data_schemas" / "examples"
ENGLISH = "breuken-strookmodel"
DOCUMENTS = ("docx", "pdf")
PLANNED = ("breuken-strookmodel", "woordenschat-een-klas")
"""Examples that have the page before the study too: of classes, and of one class."""


def data_of(study_file: Path) -> Path:
    return next(file for suffix in (".csv", ".xlsx") if (file := study_file.with_suffix(suffix)).exists())


def make(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as staging:
        for study_file in sorted(set(EXAMPLES.glob("*.toml")) - set(EXAMPLES.glob("*.besluiten.toml"))):
            study = gsl.load_study(study_file)
            data = gsl.load_data(data_of(study_file), study)
            decisions = gsl.load_decisions(study_file, data)
            measurement = gsl.measure(study, data)
            verdict = gsl.judge(measurement)
            target = folder / study.id
            target.mkdir(parents=True, exist_ok=True)
            for lang, ending in (("nl", ""), ("en", "-en")):
                if lang == "nl" or study.id == ENGLISH:
                    for make_page in (gsl.report, gsl.conversation):
                        page = make_page(measurement, verdict, lang=lang, decisions=decisions)
                        shutil.copyfile(gsl.save(page, staging), target / f"{page.name}{ending}.html")
            if study.id == ENGLISH:
                for make_page in (gsl.report, gsl.conversation):
                    page = gsl.save(make_page(measurement, verdict, decisions=decisions), staging, also=DOCUMENTS)
                    for kind in DOCUMENTS:
                        made = page.with_suffix(f".{kind}")
                        shutil.copyfile(made, target / made.name)
            if study.id in PLANNED:
                shutil.copyfile(gsl.save(gsl.outlook(gsl.plan(study)), staging), target / "plan.html")
            shutil.copyfile(gsl.save(gsl.evidence(measurement, verdict), staging), target / "card.json")
        over_schools(folder, staging)


def over_schools(folder: Path, staging: str) -> None:
    cards = gsl.load_cards(EXAMPLES / "fiches")
    for lang, ending, also in (("en", "-en", ()), ("nl", "", DOCUMENTS)):
        overview = gsl.synthesise(cards, lever="autonomy", out=Path(staging, lang), lang=lang)
        made = gsl.save_overview(overview, Path(staging, lang), also).page
        target = folder / overview.study_id
        target.mkdir(parents=True, exist_ok=True)
        for kind in ("html", *also):
            shutil.copyfile(made.with_suffix(f".{kind}"), target / f"{made.stem}{ending}.{kind}")


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else PROJECT / "reports" / "example")

"""A disk that refuses, and a kill at any moment, while `gsl measure` runs: are the results whole, old or new?

    python benchmarks/faults.py [KILLS] [--seed N] [--kills-only]

First every call that writes under the output folder fails once, in the driver and in the kernel, with a full disk, a
broken disk and a folder that may not be written in. Then KILLS runs (200) are killed at random moments, half of them
over earlier results, and half of them near the end, where results are put in place. After each the results must be
those of before or the new ones, whole; and the next run must leave the new results and nothing else. The report and the
guide are made as Word, PDF and text too.

Forty pupils have a name that stands nowhere else. None may stand in any byte outside the private root: pages, cards,
notebooks, JSON, unpacked documents, the inflated streams and the text of PDFs, what a killed run left in its staging
folder beside the private part, what any run said. First the search is seen to find a name in each of these. Ends with 1
when anything is amiss.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

PROJECT = Path(__file__).parents[1]
EXAMPLES = PROJECT / "data_schemas" / "examples"
STUDY, SCORES = EXAMPLES / "breuken-strookmodel.toml", EXAMPLES / "breuken-strookmodel.csv"
FAULTS = ("ENOSPC", "EIO", "EACCES")
CANARIES = 40

PATCH = """
import builtins, errno, os, sys

told = os.environ.get("GSL_FAULT")
if told:
    where, number, at, out, log = told.split("|")
    kernel = "gsl_research.kernels" in " ".join(sys.orig_argv) or "ipykernel" in " ".join(sys.orig_argv)
    if (where == "kernel") is kernel:
        calls = 0

        def below(path):
            try:
                return os.path.abspath(os.fspath(path)).startswith(out)
            except (TypeError, ValueError):
                return False

        def guarded(call, writes):
            def one(*args, **kwargs):
                global calls
                if writes(args, kwargs):
                    calls += 1
                    with real_open(log, "a") as file:
                        file.write(f"{calls} {call.__name__}\\n")
                    if calls == int(at):
                        raise OSError(getattr(errno, number), os.strerror(getattr(errno, number)))
                return call(*args, **kwargs)
            return one

        real_open = builtins.open
        mode = lambda a, k: str(k.get("mode", a[1] if len(a) > 1 else "r"))
        builtins.open = guarded(real_open, lambda a, k: below(a[0]) and set("wxa+") & set(mode(a, k)))
        os.replace = guarded(os.replace, lambda a, k: below(a[0]))
        os.mkdir = guarded(os.mkdir, lambda a, k: below(a[0]))
        os.fsync = guarded(os.fsync, lambda a, k: True)
"""


def scores(folder: Path) -> tuple[Path, list[str]]:
    """The example's scores with a name of its own for forty pupils."""
    lines = SCORES.read_text("cp1252").splitlines()
    names = [f"Kanarie{hashlib.sha256(str(n).encode()).hexdigest()[:8]}" for n in range(CANARIES)]
    for at, name in enumerate(names, start=1):
        code, rest = lines[at].split(";", 1)
        lines[at] = f"{name};{rest}"
    (folder / "scores.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return folder / "scores.csv", names


def command(out: Path, data: Path, lang: str = "nl") -> list[str]:
    run = "from gsl_research.cli import main; main()"
    asked = ["measure", str(STUDY), str(data), "--out", str(out), "--lang", lang, "--also", "docx,pdf,txt"]
    return [sys.executable, "-c", run, *asked]


def environment(**more: str) -> dict[str, str]:
    found = os.pathsep.join([*(more.pop("first", "").split() or []), str(PROJECT)])
    return os.environ | {"PYTHONPATH": found, "OPENBLAS_NUM_THREADS": "1"} | more


def state(out: Path) -> dict[str, str]:
    """Every result by its digest; run.json holds times, and is only there or not."""
    return {
        path.relative_to(out).as_posix(): "" if path.name in ("run.json", "releases.json") else _digest(path)
        for path in sorted(out.rglob("*"))
        if path.is_file() and not any(part.startswith(".gsl-") for part in path.relative_to(out).parts)
    }


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def left_over(out: Path) -> list[str]:
    return [path.name for path in out.rglob(".gsl-*")]


def forms(name: str) -> Iterator[bytes]:
    """A name as bytes: as it stands, of two bytes a letter, and packed for a mail or a notebook."""
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        raw = name.encode(encoding)
        yield raw
        yield from (base64.b64encode(b"x" * ahead + raw)[4:-4] for ahead in range(3))


def unpacked(raw: bytes) -> Iterator[bytes]:
    """The bytes; the names and parts of a zip; the inflated streams and the text of a PDF."""
    yield raw
    if raw.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(raw)) as package:
            for entry in package.infolist():
                yield entry.filename.encode() + entry.comment
                yield from unpacked(package.read(entry))
    if raw.startswith(b"%PDF"):
        from pypdf import PdfReader

        for part in raw.split(b"stream")[1:]:
            try:
                yield zlib.decompressobj().decompress(part.lstrip(b"\r\n"))
            except zlib.error:
                continue
        reader = PdfReader(io.BytesIO(raw))
        yield "".join(page.extract_text() for page in reader.pages).replace("\n", "").encode()
        yield str(reader.metadata).encode()


class Search:
    """For the names, in bytes of every kind; each content is searched once."""

    def __init__(self, names: list[str]):
        self.names = {name: tuple(forms(name)) for name in names}
        self.looked = Counter()
        self.find = lru_cache(maxsize=None)(self._find)

    def _find(self, raw: bytes) -> frozenset[str]:
        found = set()
        for part in unpacked(raw):
            self.looked["parts"] += 1
            found |= {name for name, wanted in self.names.items() if any(one in part for one in wanted)}
        return frozenset(found)

    def outside(self, out: Path) -> list[str]:
        """Files with a name in them outside the private root, and outside that of a staging folder."""
        told = []
        for path in sorted(out.rglob("*")):
            inside = path.relative_to(out).parts
            if not path.is_file() or "private" in inside[: 2 if inside[0].startswith(".gsl-") else 1]:
                continue
            self.looked["files"] += 1
            self.looked["of killed runs"] += inside[0].startswith(".gsl-")
            if self.find(path.read_bytes()) or self.find("/".join(inside).encode()):
                told.append("/".join(inside))
        return told

    def said(self, *texts: str) -> list[str]:
        self.looked["messages"] += len(texts)
        return [f"a message: {text[-80:]}" for text in texts if self.find(text.encode())]

    def proven(self, new: Path, names: list[str]) -> None:
        """It finds every name on the private pages, and one that is put into each kind of file."""
        private = [self.find(path.read_bytes()) for path in (new / "private").rglob("*.html")]
        assert frozenset().union(*private) == set(names), "all names are on the private pages"
        from gsl_research.blocks import Report, Text
        from gsl_research.documents import FORMATS, document, html

        page = Report("x", "nl", "x", "x", "x", (Text(f"Over {names[0]} gesproken"),), "x")
        kinds = [document(page, kind) for kind in FORMATS] + [
            html(page).encode(),
            base64.b64encode(html(page).encode()),
        ]
        assert all(self.find(raw) == {names[0]} for raw in kinds), "and is seen in every kind of file"


def refusals(folder: Path, data: Path, search: Search, old: dict[str, str], new: dict[str, str]) -> list[str]:
    """Every write fails once; prints how many there are, and returns what went wrong."""
    wrong = []
    (folder / "patch").mkdir()
    (folder / "patch" / "sitecustomize.py").write_text(PATCH)
    for where in ("driver", "kernel"):
        at = 1
        while True:
            out, log = folder / "refused", folder / "calls"
            fault = FAULTS[at % len(FAULTS)]
            shutil.rmtree(out, ignore_errors=True)
            shutil.copytree(folder / "old", out)
            log.unlink(missing_ok=True)
            told = f"{where}|{fault}|{at}|{out}|{log}"
            done = subprocess.run(
                command(out, data, "en"),
                env=environment(first=str(folder / "patch"), GSL_FAULT=told), capture_output=True, text=True,
            )  # fmt: skip
            reached = log.exists() and len(log.read_text().splitlines()) >= at
            if not reached:
                break
            what = f"{where}, write {at}, {fault}"
            now = state(out)
            if done.returncode not in (0, 1) or "Traceback" in done.stderr:
                wrong.append(f"{what}: ended with {done.returncode}: {done.stderr[-300:]}")
            if now != (new if done.returncode == 0 else old):
                wrong.append(f"{what}: the results are neither the old ones nor the new ones")
            if left_over(out):
                wrong.append(f"{what}: left {left_over(out)}")
            wrong += [f"{what}: a name in {place}" for place in search.outside(out)]
            wrong += [f"{what}: {text}" for text in search.said(done.stdout, done.stderr)]
            at += 1
        print(f"{where}: {at - 1} writes, each refused once", flush=True)
    return wrong


def kills(
    folder: Path, data: Path, search: Search, old: dict[str, str], new: dict[str, str], runs: int, seed: int
) -> list[str]:
    """Runs that are killed at a random moment; what went wrong."""
    rng, wrong, whole = random.Random(seed), [], {"old": 0, "new": 0, "finished by the next": 0}  # noqa: S311
    out = folder / "killed"
    started = time.perf_counter()
    subprocess.run(command(folder / "timed", data, "en"), env=environment(), capture_output=True, check=True)
    longest = time.perf_counter() - started
    for number in range(runs):
        before = old if number % 2 else {}
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(folder / "old", out) if before else out.mkdir()
        logs = [folder / "stdout", folder / "stderr"]
        with open(logs[0], "wb") as told, open(logs[1], "wb") as complained:
            process = subprocess.Popen(command(out, data, "en"), env=environment(), stdout=told, stderr=complained)
        try:
            process.wait(rng.uniform(*((0.2, 1.0) if number % 4 < 2 else (0.8, 1.15))) * longest)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
        now = state(out)
        whole["new" if now == new else "old" if now == before else "finished by the next"] += 1
        wrong += [f"kill {number}: a name in {place}" for place in search.outside(out)]
        wrong += [f"kill {number}: {text}" for text in search.said(*(log.read_text("utf-8") for log in logs))]
        recover = f"from pathlib import Path; from gsl_research.publishing import recover; recover(Path({str(out)!r}))"
        subprocess.run([sys.executable, "-c", recover], env=environment(), check=True)
        if state(out) not in (before, new):
            wrong.append(f"kill {number}: neither the results of before nor the new ones, after recovery")
        if [name for name in left_over(out) if name != ".gsl-lock"]:
            wrong.append(f"kill {number}: left {left_over(out)}")
        if number % 20 == 0:
            done = subprocess.run(
                command(out, data, "en"), env=environment(), capture_output=True, check=True, text=True
            )
            wrong += [f"kill {number}: {text}" for text in search.said(done.stdout, done.stderr)]
            if state(out) != new or left_over(out):
                wrong.append(f"kill {number}: the next run did not leave its results and nothing else")
        wrong += [f"kill {number}: a name in {place}, after recovery" for place in search.outside(out)]
    print(f"{runs} kills: {whole}", flush=True)
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("kills", nargs="?", type=int, default=200)
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--kills-only", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        data, names = scores(folder)
        search = Search(names)
        wrong = []
        for lang, to in (("nl", "old"), ("en", "new")):
            asking = command(folder / to, data, lang)
            done = subprocess.run(asking, env=environment(), capture_output=True, check=True, text=True)
            wrong += search.said(done.stdout, done.stderr)
        old, new = state(folder / "old"), state(folder / "new")
        search.proven(folder / "new", names)
        wrong += [f"a name in {place}" for to in ("old", "new") for place in search.outside(folder / to)]
        wrong += [] if asked.kills_only else refusals(folder, data, search, old, new)
        wrong += kills(folder, data, search, old, new, asked.kills, asked.seed)
        print(f"looked for {len(names)} names: {dict(search.looked)}")
    print("\n".join(wrong) or "all whole")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())

"""Files are written whole or not at all, and only what may leave leaves."""

import errno
import json
import os

import pytest

from gsl_research import files
from gsl_research.problems import Problems


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def refusing(code):
    def refuse(*args, **kwargs):
        raise OSError(code, os.strerror(code))

    return refuse


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize(
    ("fault", "problem"),
    [(errno.ENOSPC, "disk_full"), (errno.EACCES, "output_unwritable"), (errno.EIO, "output_unwritable")],
)
def test_a_failing_disk_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, step, fault, problem):
    files.write_text(tmp_path / "page.html", "old")
    monkeypatch.setattr(os, step, refusing(fault))
    with pytest.raises(Problems) as refused:
        files.write_text(tmp_path / "page.html", "new")
    monkeypatch.undo()
    assert [p.code for p in refused.value.problems] == [problem]
    assert refused.value.problems[0].file == "page.html"
    assert names(tmp_path) == ["page.html"]
    assert (tmp_path / "page.html").read_text("utf-8") == "old"


def test_text_is_utf8_with_plain_line_ends(tmp_path):
    files.write_text(tmp_path / "a.txt", "één\ntwee\n")
    assert (tmp_path / "a.txt").read_bytes() == "één\ntwee\n".encode()


def test_json_keeps_its_order_and_refuses_what_is_no_number(tmp_path):
    files.write_json(tmp_path / "a.json", {"z": "é", "a": 1})
    assert (tmp_path / "a.json").read_text("utf-8") == '{\n  "z": "é",\n  "a": 1\n}\n'
    with pytest.raises(ValueError, match="JSON compliant"):
        files.write_json(tmp_path / "a.json", {"z": float("nan")})
    assert json.loads((tmp_path / "a.json").read_text("utf-8")) == {"z": "é", "a": 1}


def test_folders_made_for_nothing_are_unmade(tmp_path):
    (tmp_path / "there").mkdir()
    with pytest.raises(RuntimeError), files.made_folder(tmp_path / "there" / "new" / "deeper"):
        assert (tmp_path / "there" / "new" / "deeper").is_dir()
        raise RuntimeError
    assert names(tmp_path) == ["there"]


@pytest.mark.parametrize("study", ["..", "a/b", "", "CON", "com1", "breuken.", "a\\b", "a b"])
def test_a_study_id_that_names_no_folder_of_its_own_is_refused(tmp_path, study):
    with pytest.raises(ValueError, match="cannot name a folder"):
        files.study_folder(tmp_path, files.SHAREABLE, study)


@pytest.mark.skipif(os.name == "nt", reason="making a link needs rights on Windows")
def test_a_study_folder_that_is_a_link_out_of_the_root_is_refused(tmp_path):
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "breuken").symlink_to(tmp_path)
    with pytest.raises(ValueError, match="cannot name a folder"):
        files.study_folder(tmp_path, files.SHAREABLE, "breuken")


def test_pupils_do_not_leave(tmp_path):
    import pandas as pd

    from gsl_research.files import notebooks_folder, schemas_folder

    for value in (pd.DataFrame({"leerling": ["x"]}), {"leerling": "x"}, "text"):
        with pytest.raises(TypeError, match="data with pupils"):
            files.save(value, tmp_path)
    import gsl_research as gsl

    study = gsl.load_study(schemas_folder() / "examples" / "breuken-strookmodel.toml")
    data = gsl.load_data(schemas_folder() / "examples" / "breuken-strookmodel.csv", study)
    with pytest.raises(TypeError, match="not a Dataset"):
        files.save(data, tmp_path)
    assert names(tmp_path) == []
    assert notebooks_folder().is_dir()


def test_each_record_goes_to_its_own_root(tmp_path):
    import gsl_research as gsl
    from gsl_research.files import schemas_folder

    study = gsl.load_study(schemas_folder() / "examples" / "breuken-strookmodel.toml")
    effect = gsl.measure(study, gsl.load_data(schemas_folder() / "examples" / "breuken-strookmodel.csv", study))
    verdict = gsl.judge(effect)
    assert gsl.save(gsl.evidence(effect, verdict), tmp_path) == tmp_path / "reports" / study.id / "card.json"
    assert gsl.save(gsl.private_record(effect, verdict), tmp_path) == tmp_path / "private" / study.id / "record.json"
    if os.name == "posix":
        assert (tmp_path / "private").stat().st_mode & 0o077 == 0

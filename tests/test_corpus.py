"""Files as schools send them: never a traceback, never silently wrong, every refusal located, no name repeated."""

import pytest
from corpus import CASES
from corpus.judge import REFUSED, complaints
from corpus.mutations import mutant

MUTANTS = 300
"""The large number is for ``benchmarks/mutate_files.py``."""


@pytest.mark.parametrize("name", CASES)
def test_a_school_file_is_read_right_or_refused_with_its_place(name, tmp_path):
    assert complaints(CASES[name](tmp_path)) == []


def test_the_corpus_is_as_large_as_promised():
    assert len(CASES) >= 150


@pytest.mark.parametrize("batch", range(10))
def test_a_mutated_file_is_read_right_or_refused(batch, tmp_path):
    refused = 0
    for seed in range(batch, MUTANTS, 10):
        folder = tmp_path / str(seed)
        folder.mkdir()
        found = complaints(mutant(seed, folder))
        refused += any(REFUSED in complaint for complaint in found)
        assert [complaint for complaint in found if REFUSED not in complaint] == [], f"seed {seed}"
    assert refused <= MUTANTS / 10 * 0.05

"""What Works Clearinghouse (2008), Procedures and Standards Handbook 2.0, appendix F: the improvement index.

"an effect size of 0.25 ... an improvement index of 10 percentile points"; such a pupil ranks at the 60th percentile.
"""

import pytest

from gsl_research.methods.effect_sizes import improvement_index


def test_improvement_index():
    assert improvement_index(0.25) == pytest.approx(10, abs=0.5)
    assert improvement_index(0) == 0
    assert improvement_index(-0.25) == pytest.approx(-10, abs=0.5)

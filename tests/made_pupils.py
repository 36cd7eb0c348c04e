"""Made pupils, each a unit of its own: at random, or with exactly the moments that a paper prints."""

import numpy as np


def with_moments(n: int, means, sds, r: float) -> tuple[np.ndarray, np.ndarray]:
    """n pupils whose pre and post have exactly these means, SDs (divisor n - 1) and correlation."""
    rng = np.random.default_rng(n)
    basis, _ = np.linalg.qr(np.column_stack([np.ones(n), rng.normal(size=(n, 2))]))
    first, second = basis[:, 1] * np.sqrt(n - 1), basis[:, 2] * np.sqrt(n - 1)
    return means[0] + sds[0] * first, means[1] + sds[1] * (r * first + np.sqrt(1 - r * r) * second)


def two_groups(seed: int, treated: int = 17, control: int = 23):
    """post, treated, pre in mixed order; the groups differ in spread, start and slope."""
    rng = np.random.default_rng(seed)
    arm = rng.permutation(np.arange(treated + control) < treated)
    pre = 10 + 0.8 * arm + rng.normal(0, 2, len(arm)) * (1 + 0.3 * arm)
    post = 4 + (0.7 + 0.2 * arm) * pre + rng.normal(0, 1.5, len(arm)) * (1 + 0.5 * arm)
    return post, arm, pre

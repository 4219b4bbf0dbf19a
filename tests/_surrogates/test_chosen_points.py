"""Points that tell most of coefficients, against conditioning step by step."""

import numpy as np

from skdime._surrogates.chosen_points import most_telling

N_FUNCTIONS, N_OBSERVED, N_CANDIDATES = 5, 6, 9


def joint(seed):
    """A covariance of outputs with noise, and that of functions with outputs."""
    rng = np.random.RandomState(seed)
    n = N_FUNCTIONS + N_OBSERVED + N_CANDIDATES
    root = rng.normal(size=(n, n))
    covariance = root @ root.T
    operators, outputs = covariance[:N_FUNCTIONS, N_FUNCTIONS:], covariance
    outputs = outputs[N_FUNCTIONS:, N_FUNCTIONS:] + 0.1 * np.eye(n - N_FUNCTIONS)
    return outputs, operators, covariance[:N_FUNCTIONS, :N_FUNCTIONS]


def total_variance(outputs, operators, prior, observed):
    """Of all functions, given the outputs at some sites."""
    some = operators[:, observed]
    known = np.linalg.solve(outputs[np.ix_(observed, observed)], some.T)
    return np.trace(prior - some @ known)


def test_each_choice_decreases_the_variances_most():
    for seed in range(5):
        outputs, operators, prior = joint(seed)
        chosen = most_telling(outputs, operators, N_OBSERVED, 4)
        observed = list(range(N_OBSERVED))
        for c in chosen:
            rest = [p for p in range(len(outputs)) if p not in observed]
            left = [
                total_variance(outputs, operators, prior, [*observed, p]) for p in rest
            ]
            assert rest[np.argmin(left)] == N_OBSERVED + c
            observed.append(N_OBSERVED + c)


def test_all_candidates_can_be_chosen_once():
    outputs, operators, _ = joint(0)
    chosen = most_telling(outputs, operators, N_OBSERVED, N_CANDIDATES)
    assert sorted(chosen) == list(range(N_CANDIDATES))

"""UC, MI, main effects, pairs and coefficients from their definitions.

Nothing of skdime is used but what its perturbers make of a masked cell.
"""

from itertools import combinations, product
from math import comb

import numpy as np

# Draws of columns for each row of the pool where other modalities are texts or series,
# which take time. Among tables every value of a column meets every row of the others:
# what is left of chance is a mean of products that no model of two modalities has.
FEW_ROUNDS = 50


def n_of(blocks):
    """Rows of blocks."""
    return len(next(iter(blocks.values())))


def taken(block, rows):
    return [block[i] for i in rows] if isinstance(block, list) else block[rows]


def outputs_of(problem, blocks):
    output = problem.model(blocks)
    return output.reshape(len(output), -1)


def mean_output(problem, pool, blocks, n_rows, absent):
    """Means of rows over all combinations of the absent modalities in the pool.

    Blocks of rows are those of the present modalities; a mean over many rows of the
    pool is cut by the first absent one.
    """
    n_pool = n_of(pool)
    if not absent:
        return outputs_of(problem, blocks)
    first, *others = absent
    combined = np.indices((n_rows,) + (n_pool,) * len(others)).reshape(
        1 + len(others), -1
    )
    total = 0.0
    fixed = {m: taken(block, combined[0]) for m, block in blocks.items()}
    for m, rows in zip(others, combined[1:], strict=True):
        fixed[m] = taken(pool[m], rows)
    for j in range(n_pool):
        fixed[first] = taken(pool[first], np.full(combined.shape[1], j))
        hybrids = {m: fixed[m] for m in pool}
        total = total + outputs_of(problem, hybrids).reshape(
            n_rows, n_pool ** len(others), -1
        ).mean(axis=1)
    return total / n_pool


def true_parts(problem, pool, explained):
    """UC, MI, main effects and pairs by their definitions."""
    names, n = list(pool), n_of(explained)

    def mean(present):
        blocks = {m: explained[m] for m in present}
        absent = [m for m in names if m not in present]
        return mean_output(problem, pool, blocks, n if present else 1, absent)

    output, baseline = mean(names), mean([])
    single = {m: mean([m]) for m in names}
    main = np.stack([single[m] - baseline for m in names], axis=1)
    uc = baseline + main.sum(axis=1)
    parts = {"UC": uc, "MI": output - uc, "main effects": main}
    if len(names) > 2:
        pairs = [
            mean([m, k]) - single[m] - single[k] + baseline
            for m, k in combinations(names, 2)
        ]
        parts["pairs"] = np.stack(pairs, axis=1)
    return parts


def shapley_of(values, coalitions):
    """Shapley values from the values of all coalitions, of shape (2 ** d, ...)."""
    d = coalitions.shape[1]
    size = coalitions.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore"):
        gain = 1 / (size * np.vectorize(comb)(d, size))
        loss = -1 / ((d - size) * np.vectorize(comb)(d, size))
    return np.tensordot(np.where(coalitions, gain, loss).T, values, axes=1)


def coalitions_of(d):
    return np.array(list(product([False, True], repeat=d)))


def true_coefficients(problem, pool, row, name, cells_of, n_features, n_rounds):
    """Of one modality of a row, shape (2, n_features, n_outputs).

    Parameters
    ----------
    row : dict of str to block
        Of one row.
    cells_of : callable
        ``cells_of(coalition)`` gives cells of the modality, `n_rounds` for each row of
        the pool, in which the features of the coalition are those of the row.
    """
    n_pool, n_cells = n_of(pool), n_rounds * n_of(pool)
    coalitions, others = coalitions_of(n_features), [m for m in pool if m != name]
    contexts = [{}, {}]
    for k, m in enumerate(others):
        contexts[0][m] = taken(pool[m], shifted(n_pool, n_rounds, 7 * k))
        contexts[1][m] = taken(row[m], np.zeros(n_cells, dtype=int))
    values = [[], []]
    for coalition in coalitions:
        cells = cells_of(coalition)
        for means, beside in zip(values, contexts, strict=True):
            hybrids = {m: cells if m == name else beside[m] for m in pool}
            means.append(outputs_of(problem, hybrids).mean(axis=0))
    uc, whole = (shapley_of(np.array(means), coalitions) for means in values)
    return np.stack([uc, whole - uc])


def shifted(n, n_rounds, step):
    """Positions of `n` rows in every round, shifted by `step` more in each."""
    return (np.arange(n) + step * np.arange(n_rounds)[:, None]).ravel() % n


def n_rounds_of(pool):
    """Rounds in which columns of a table are drawn beside rows of the pool."""
    are_tables = all(np.ndim(block) == 2 for block in pool.values())
    return n_of(pool) if are_tables else FEW_ROUNDS


def columns_drawn(cell, table, n_rounds):
    """Cells of a table whose absent columns are drawn, each by itself."""
    n = len(table)
    drawn = [
        column[shifted(n, n_rounds, 1 + 2 * j)] for j, column in enumerate(table.T)
    ]

    def cells_of(coalition):
        cells = np.column_stack(drawn)
        cells[:, coalition] = cell[coalition]
        return cells

    return cells_of


def masked(cell, perturber, n):
    """Cells of a text or series whose absent features are replaced, `n` of each."""

    def cells_of(coalition):
        kept = perturber.perturb(cell, coalition[None])[0]
        return [kept] * n if isinstance(cell, str) else np.repeat(kept[None], n, 0)

    return cells_of

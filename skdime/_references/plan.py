"""What is proved of a fitted model, from which :mod:`~skdime._references.ways` choose.

A plan is made once, in ``fit``, from what :mod:`skdime._models.structure` can prove.
"""

import math
from dataclasses import dataclass

import numpy as np

from skdime._models.encoder import Encoder
from skdime._models.log_odds import LARGEST_LOG_ODDS
from skdime._models.named_columns import in_order_of_fit, names_searched
from skdime._models.replaced import replaced_method
from skdime._models.response import Response
from skdime._models.structure import (
    has_opted_in,
    is_additive,
    split_pipeline,
    unwrap,
)
from skdime._models.tree_sum import TreeSum
from skdime._models.trees_of_catboost import replaces_categories
from skdime._references.towers import Towers
from skdime._rows.containers import (
    column_names,
    is_dense_numeric,
    join,
    n_rows,
    take,
)
from skdime.models._towers import TowersModel

REPLACED = (
    "{} was replaced on the fitted model, so that its class does not tell what it "
    "computes: every hybrid row is evaluated"
)
STATISTICS = (
    "{} replaces categories by statistics of the target, so that its output is no sum "
    "over leaves: every hybrid row is evaluated. With one_hot_max_size as large as "
    "the number of categories, a model trained anew would be one"
)
CLIPPABLE = (
    "the trees of {} may add up to more than 13.8, where log-odds may be clipped: "
    "every hybrid row is evaluated"
)
DIFFERS = (
    "what the model is proved to compute differs from its outputs on reference rows: "
    "every hybrid row is evaluated"
)


@dataclass(frozen=True)
class Plan:
    """What is evaluated, and what is proved of it.

    Attributes
    ----------
    response : Response
        Output of the model, or of what follows its encoder.
    columns : list of ndarray of int
        For each modality the positions of its columns in the model's input.
    encoder : Encoder, Towers or None
        Turns blocks of the model's input into blocks of the input of `response`.
    additive : bool
        Whether the output is a sum of functions of single modalities.
    trees : TreeSum or None
        The output as a sum over leaves.
    tree_encoder : Encoder or None
        Turns blocks of the input of `response` into blocks of the trees' input.
    seconds_per_row : float
        Time that the model needs for a row; nan before it is measured.
    note : str
        Why every hybrid row is evaluated where a shorter way was expected.
    """

    response: Response
    columns: list
    encoder: object = None
    additive: bool = False
    trees: TreeSum | None = None
    tree_encoder: Encoder | None = None
    seconds_per_row: float = math.nan
    note: str = ""

    @property
    def is_sum(self):
        """Whether a grid takes fewer model rows than it has hybrid rows."""
        return self.additive or self.trees is not None

    def n_comparable(self, n_model_rows):
        """Rows whose outputs, by the shortest way and by the model, take so many."""
        if self.trees is not None:
            return n_model_rows
        # an additive model evaluates a row and a column of their grid
        return n_model_rows // (3 if self.additive else 2)


def direct_plan(response, columns, note=""):
    """Every hybrid row is evaluated by the model."""
    return Plan(response, columns, note=note)


def plan_of_every_row(response, columns, blocks):
    """Every hybrid row is evaluated: of a TowersModel by its head.

    Parameters
    ----------
    response : Response
    columns : list of ndarray of int
        For each modality the positions of its columns.
    blocks : list of blocks
        One row of each modality, or more.
    """
    model, blocks = response.model, [take(block, [0]) for block in blocks]
    towers = Towers.of(model, blocks) if isinstance(model, TowersModel) else None
    if towers is None:
        return direct_plan(response, columns)
    return Plan(Response(model.join, link=response.link), columns, encoder=towers)


def plan_of_checks(response, columns, blocks):
    """The same for a model that remembers nothing."""
    if isinstance(response.model, TowersModel):
        response = Response(response.model.forgetful(), link=response.link)
    return plan_of_every_row(response, columns, blocks)


def best_plan(response, columns, references):
    """The shortest way that provably gives the model's own outputs.

    Parameters
    ----------
    response : Response
        Output of the whole model.
    columns : list of ndarray of int
        For each modality the positions of its columns.
    references : list of blocks
        Reference rows, one block of columns for each modality.
    """
    blocks = [take(reference, [0]) for reference in references]
    if response.method == "callable":
        return plan_of_every_row(response, columns, blocks)
    if replaced := replaced_method(response.model):
        return direct_plan(response, columns, REPLACED.format(replaced))
    owners = np.empty(sum(len(positions) for positions in columns), dtype=int)
    for m, positions in enumerate(columns):
        owners[positions] = m
    names = column_names(join(blocks, columns))
    owners = in_order_of_fit(response.model, owners, names)
    steps, rest, owners = split_pipeline(response.model, owners)
    encoder = None
    if steps is not None and _takes_columns(steps, names):
        remembers = has_opted_in(steps)
        encoder = Encoder(
            steps, columns, owners, blocks, remembers=remembers, names=names
        )
        blocks, _ = encoder.encode(blocks)
        if any(n_rows(block) != 1 for block in blocks):
            return direct_plan(response, columns)  # a frame without columns has no rows
        response = response.of(rest)
    model, method, most = unwrap(response.model), response.method, math.inf
    if response.link == "logit":
        # log-odds are a sum of trees as long as none is clipped
        method, most = "log-odds", LARGEST_LOG_ODDS
    trees = TreeSum.from_model(model, method, most=most, first=response.of_first)
    note = "" if trees is not None else _note_without_trees(model, method)
    tree_encoder = None
    if trees is not None and trees.encoder is not None:
        read = columns if encoder is None else encoder.columns_out
        order = trees.order
        tree_encoder = Encoder(trees.encoder, read, owners[order], blocks, order=order)
    elif not all(map(is_dense_numeric, blocks)):
        trees = None
    return Plan(
        response,
        columns,
        encoder,
        additive=is_additive(model, method),
        trees=trees,
        tree_encoder=tree_encoder,
        note=note,
    )


def _note_without_trees(model, method):
    """Why trees are not summed where one may expect it."""
    if replaces_categories(model, method):
        return STATISTICS.format(type(model).__name__)
    if method == "log-odds" and TreeSum.from_model(model, method) is not None:
        return CLIPPABLE.format(type(model).__name__)
    return ""


def _takes_columns(steps, names):
    """Whether the first step was fitted on just these columns, or finds its own."""
    theirs = getattr(steps, "feature_names_in_", None)
    if names is None or theirs is None or names == list(theirs):
        return True
    return names_searched(steps) is not None

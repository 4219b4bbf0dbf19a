"""What holds for any table, model and modalities, or is refused with a reason.

``SKDIME_EXAMPLES=2000 pytest tests/test_properties.py`` for a longer run.
"""

import importlib.util
import os
import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone

from skdime import Disentangler, LocalExplainer, MultimodalArray
from tests._data import slopes

hypothesis = pytest.importorskip("hypothesis")
st = pytest.importorskip("hypothesis.strategies")

N_EXAMPLES = int(os.environ.get("SKDIME_EXAMPLES", "100"))
OWN_SEED = "SKDIME_EXAMPLES" not in os.environ
KINDS = ["array", "csr", "cube", "keys"]
KINDS += [name for name in ("pandas", "polars") if importlib.util.find_spec(name)]
DTYPES = ["f8", "f4", "i8", "i2", "bool", "text", "object"]
WORDS = np.array(["ash", "oak", "", "elm tree", "Ä"])


def numbers(values):
    """Anything as finite floats: a code for texts, 0.5 for what is missing."""
    array = np.asarray(values)
    if array.dtype.kind in "biuf":
        return np.nan_to_num(array.astype(float), nan=0.5, posinf=9.0, neginf=-9.0)
    flat = [_number(value) for value in array.ravel().tolist()]
    return np.array(flat, dtype=float).reshape(array.shape)


def _number(value):
    if isinstance(value, str):
        return float(len(value)) + (value[:1] == "o")
    if value is None or value != value:
        return 0.5
    return float(value)


def matrix_of(X):
    """The numbers of any container, one column each."""
    if isinstance(X, MultimodalArray):
        parts = [numbers(rows) for rows in X.values()]
        return np.column_stack([part.reshape(len(part), -1).sum(1) for part in parts])
    if sp.issparse(X):
        return numbers(X.toarray())
    if hasattr(X, "columns"):
        return np.column_stack([numbers(X[name]) for name in X.columns])
    X = numbers(X)
    return X if X.ndim == 2 else X.reshape(*X.shape[:2], -1).mean(axis=2)


class Model:
    """Elementwise, so that a row's output is the same in every call."""

    def __init__(self, form, n_outputs):
        self.form = form
        self.n_outputs = n_outputs

    def __call__(self, X):
        X = matrix_of(X)
        first, last, total = X[:, 0], X[:, -1], X.sum(axis=1)
        output = {
            "constant": np.ones(len(X)),
            "additive": total,
            "product": first * last,
            "step": (total > np.abs(first)).astype(float),
            "mixed": np.sin(first) * last + np.abs(total),
        }[self.form]
        if self.n_outputs == 1:
            return output
        return np.column_stack([output * (c + 1) - c for c in range(self.n_outputs)])


@st.composite
def columns(draw, n_rows, dtype):
    """One column of a dtype, with repeated, constant, missing or extreme values."""
    rng = np.random.RandomState(draw(st.integers(0, 2**16)))
    kind = draw(st.sampled_from(["spread", "few", "constant", "missing", "large"]))
    if dtype in ("text", "object"):
        column = WORDS[rng.randint(1 if kind == "constant" else 5, size=n_rows)]
        column = column.astype(object)
        if dtype == "object" and kind == "missing":
            column[rng.rand(n_rows) < 0.3] = None
        return column
    if dtype == "bool":
        return rng.rand(n_rows) < (2 if kind == "constant" else 0.4)
    column = rng.normal(size=n_rows) * {"large": 1e4}.get(kind, 2)
    if kind in ("few", "constant"):
        column = np.round(column) if kind == "few" else np.full(n_rows, column[0])
    if dtype[0] == "f" and kind == "missing":
        column[rng.rand(n_rows) < 0.3] = np.nan
    return column.astype(dtype)


@st.composite
def containers(draw):
    """Rows in one of the containers, two to six columns."""
    kind = draw(st.sampled_from(KINDS))
    n_rows, n_columns = draw(st.integers(4, 14)), draw(st.integers(2, 6))
    if kind in ("array", "csr", "cube"):
        known = DTYPES[:4] if kind == "csr" else DTYPES[:5]
        dtype = draw(st.sampled_from(known))
        table = [draw(columns(n_rows, dtype)) for _ in range(n_columns)]
        array = np.column_stack(table)
        if kind == "csr":
            return sp.csr_matrix(np.where(array > 0, array, 0).astype(dtype))
        if kind == "cube":
            return np.stack([array, array[::-1]] * 6, axis=2)
        return array
    most = 4 if kind == "keys" else 6
    chosen = draw(st.lists(st.sampled_from(DTYPES), min_size=2, max_size=most))
    table = {f"c{i}": draw(columns(n_rows, dtype)) for i, dtype in enumerate(chosen)}
    if kind == "keys":
        return MultimodalArray(
            {
                key: column.tolist() if column.dtype == object else column
                for key, column in table.items()
            }
        )
    frames = importlib.import_module(kind)
    if kind == "polars":
        return frames.DataFrame(
            {
                key: column.tolist() if column.dtype == object else column
                for key, column in table.items()
            }
        )
    return frames.DataFrame(table, index=draw(st.permutations(range(n_rows))))


@st.composite
def cases(draw):
    """Rows and an explainer that is not fitted yet."""
    X = draw(containers())
    n_columns = X.shape[1]
    n_modalities = draw(st.integers(2, min(4, n_columns)))
    owners = draw(st.permutations([*range(n_columns)]))
    cuts = np.array_split(np.array(owners), n_modalities)
    modalities = [(f"m{i}", sorted(cut.tolist())) for i, cut in enumerate(cuts)]
    if isinstance(X, MultimodalArray):
        modalities = None  # every key is one
    model = Model(
        draw(st.sampled_from(["constant", "additive", "product", "step", "mixed"])),
        draw(st.integers(1, 3)),
    )
    disentangler = Disentangler(
        model,
        modalities,
        n_references=draw(st.sampled_from([2, 3, 5, None])),
        include_self=draw(st.booleans()),
        max_memory=draw(st.sampled_from([2_000, 2**28])),
        random_state=draw(st.integers(0, 99)),
    )
    slope = draw(st.booleans())
    names = X if modalities is None else [name for name, _ in modalities]
    explainer = LocalExplainer(
        disentangler,
        slopes([(name, []) for name in names]) if slope else "auto",
        n_samples=draw(st.integers(2, 12)),
        algorithm=draw(st.sampled_from(["auto", "exhaustive"])),
        kernel_width=draw(st.sampled_from(["auto", 0.5, 3.0])) if slope else "auto",
        random_state=draw(st.integers(0, 99)),
    )
    return X, explainer


def rows_of(X, positions):
    if hasattr(X, "iloc"):
        return X.iloc[positions]
    return X[positions]


def close(actual, expected, scale):
    np.testing.assert_allclose(
        actual, expected, rtol=0, atol=1e-8 * max(scale, 1e-300), equal_nan=True
    )


def check_values(explanation, X, model):
    """UC + MI is the output, baseline + main is UC, of every row."""
    values = explanation.decomposition
    output = np.asarray(model(X), dtype=float).reshape(len(explanation), -1)
    scale = np.abs(output).max() + np.abs(values.main).max() + 1
    close(values.output, output, scale)
    close(values.uc + values.mi, output, scale)
    close(values.baseline + values.main.sum(axis=1), values.uc, scale)
    assert all(
        np.isfinite(part).all() for part in (values.uc, values.mi, values.main_se)
    )
    assert (values.main_se >= 0).all()
    if model.form in ("constant", "additive"):
        close(values.mi, 0, scale)


def check_coefficients(explanation, model):
    """Intercept and coefficients are the surrogate's value; errors are none below 0."""
    coef = np.nan_to_num(explanation.coef)
    owners = explanation.feature_modalities
    scale = np.abs(coef).max() + np.abs(explanation.local_prediction).max() + 1
    for m, name in enumerate(explanation.modality_names):
        found = explanation.intercept[:, :, m] + coef[:, :, owners == name].sum(axis=2)
        unknown = np.isnan(explanation.coef[:, :, owners == name]).any(axis=(1, 2, 3))
        close(found[~unknown], explanation.local_prediction[~unknown, :, m], scale)
    known = explanation.se[~np.isnan(explanation.se)]
    assert (known >= 0).all()
    r2 = explanation.r2[~np.isnan(explanation.r2)]
    assert (r2 <= 1 + 1e-9).all()
    if model.form == "constant":
        close(coef, 0, scale)


def check_invariance(explainer, explanation, X, order):
    """Neither the order of rows matters nor which others there are."""
    other = explainer.explain(rows_of(X, order))
    expected = explanation[order]
    values, them = other.decomposition, expected.decomposition
    scale = np.abs(values.output).max() + 1
    for name in ("output", "uc", "mi", "main", "uc_se"):
        close(getattr(values, name), getattr(them, name), scale)
    scale = np.abs(np.nan_to_num(expected.coef)).max() + scale
    names = list(zip(other.feature_modalities, other.feature_names, strict=True))
    positions = list(
        zip(expected.feature_modalities, expected.feature_names, strict=True)
    )
    at = [positions.index(name) for name in names]
    close(other.coef, expected.coef[:, :, at], scale)
    assert values.row_names.shape == them.row_names.shape


@pytest.mark.slow
@hypothesis.settings(
    max_examples=N_EXAMPLES,
    deadline=None,
    database=None,
    derandomize=OWN_SEED,
    suppress_health_check=list(hypothesis.HealthCheck),
)
@hypothesis.given(case=cases(), data=st.data())
def test_properties(case, data):
    X, explainer = case
    n = X.shape[0]
    model = explainer.disentangler.estimator
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        try:
            explainer.fit(X)
            explanation = explainer.explain(X)
        except (ValueError, TypeError) as error:
            hypothesis.event(f"refused: {str(error)[:60]}")
            assert len(str(error)) > 40, "a message that explains nothing"
            return
        hypothesis.event(f"explained: {type(X).__name__}")
        check_values(explanation, X, model)
        check_coefficients(explanation, model)
        size = data.draw(st.integers(1, n))
        order = np.array(data.draw(st.permutations(range(n))))[:size]
        check_invariance(explainer, explanation, X, order)
        transformed = explainer.transform(X)
        assert transformed.shape == (n, len(explainer.get_feature_names_out()))
        assert explanation.n_model_rows <= explainer.cost(X).explain_rows


@hypothesis.settings(
    max_examples=max(10, N_EXAMPLES // 5),
    deadline=None,
    database=None,
    derandomize=OWN_SEED,
    suppress_health_check=list(hypothesis.HealthCheck),
)
@hypothesis.given(case=cases())
def test_parts_add_up_to_lime_on_the_same_perturbations(case):
    X, explainer = case
    additive = Model("additive", 1)
    explainer = clone(explainer).set_params(
        disentangler__estimator=additive, algorithm="exhaustive"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        try:
            explanation = explainer.fit(X).explain(X)
        except (ValueError, TypeError):
            return
    # an additive model has no MI: its coefficients of UC are those of the model
    coef = np.nan_to_num(explanation.coef)
    scale = np.abs(coef).max() + np.abs(explanation.decomposition.output).max() + 1
    close(coef[:, 1], 0, scale)
    close(explanation.decomposition.mi, 0, scale)

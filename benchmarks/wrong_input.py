"""Wrong input and the message it gets, as the table of doc/user_guide/wrong_input.rst.

Run ``python benchmarks/wrong_input.py`` to print the table; ``--smoke`` only runs all
cases. Every one must raise an error, or warn where the table says so.
"""

import argparse
import re
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.base import BaseEstimator
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.preprocessing import StandardScaler

from skdime import (
    Disentangler,
    Explanation,
    LocalExplainer,
    MultimodalArray,
    explain_batches,
)
from skdime.displays import WaterfallDisplay
from skdime.perturbers import (
    ImagePerturber,
    MaskPerturber,
    SeriesPerturber,
    SetPerturber,
    TabularPerturber,
    TextPerturber,
)

X = np.random.RandomState(0).normal(size=(60, 5))
Y = np.where(X[:, 0] > 0, "yes", "no")
FITTED = LogisticRegression().fit(X, Y)
FRAME = pd.DataFrame(X, columns=list("vwxyz"))
TWO = [("a", [0, 3]), ("b", [1, 2, 4])]


def model(X):
    X = np.asarray(X)
    return X[:, 0] * X[:, 1]


def dis(estimator=model, modalities=TWO, **options):
    options = {"n_references": 20, "random_state": 0} | options
    return Disentangler(estimator, modalities, **options)


def exp(perturbers="auto", estimator=model, modalities=TWO, **options):
    options = {"n_samples": 60, "random_state": 0} | options
    return LocalExplainer(dis(estimator, modalities), perturbers, **options)


def fitted(X=X):
    return exp().fit(X)


def answers():
    """Of a model of two classes, the output of the second one."""
    return dis(FrozenEstimator(FITTED)).fit(X)


def beside(rows, n=60):
    return MultimodalArray(a=rows, b=np.random.RandomState(0).normal(size=(n, 1)))


def sizes(X):
    return np.array([float(np.size(cell)) for cell in X["a"]]) * X["b"][:, 0]


def waves(rows, perturber=None):
    """An explainer of a model of any rows beside a number."""
    perturbers = "auto" if perturber is None else [("a", perturber)]
    return exp(perturbers, sizes, None).fit(beside(rows))


def short():
    return list(np.random.RandomState(0).normal(size=(60, 20)).astype(np.float32))


def scans():
    return np.random.RandomState(0).randint(0, 255, size=(60, 8, 8)).astype(np.uint8)


def notes():
    return pd.Series([f"cat mat hat {i}" for i in range(60)])


def at_random(image):
    return np.random.mtrand._rand.randint(4, size=image.shape)


class Penalised(BaseEstimator):
    def fit(self, signal):
        return self

    def predict(self, pen):
        return []


class Letters(MaskPerturber):
    def features(self, cell):
        return list(cell)

    def perturb(self, cell, masks):
        kept = [zip(cell, mask, strict=True) for mask in masks]
        return [[letter for letter, keep in pairs if keep] for pairs in kept]


def own(methods):
    return waves([["a", "b"]] * 60, type("Mine", (Letters,), methods)())


def sorts(X):
    for item in X["a"]:
        item.sort()
    return np.array([item[0] for item in X["a"]]) + X["b"][:, 0]


def with_lists():
    rng = np.random.RandomState(0)
    return MultimodalArray(a=rng.normal(size=(60, 5)).tolist(), b=X[:60, :1])


def fails_above(X):
    if (X[:, 0] > 1.5).any():
        raise RuntimeError("no such dose")
    return model(X)


def late(fault):
    """An explainer whose model was well while it was fitted."""

    def f(X):
        return model(X) if f.well else fault(X)

    f.well = True
    explainer = exp(estimator=f).fit(X)
    explainer.disentangler_.estimator_.well = False
    return explainer


def saved(change):
    """A file of an explanation, changed."""
    path = Path(tempfile.mkdtemp()) / "x.npz"
    fitted().explain(X[:3]).save(path)
    change(path)
    return Explanation.load(path)


def foreign(path):
    np.savez(path, coef=np.zeros(3))


def pickled(path):
    with np.load(path) as stored:
        arrays = dict(stored)
    np.savez(path, **(arrays | {"coef": arrays["coef"].astype(object)}))


def altered(path):
    with np.load(path) as stored:
        arrays = dict(stored)
    np.savez(path, **(arrays | {"coef": 2 * arrays["coef"]}))


def twice(first, second):
    """Two calls of explain_batches on one folder."""
    folder = Path(tempfile.mkdtemp()) / "results"
    options = {"batch_size": 4}
    explain_batches(first[0], first[1], folder, **options)
    explain_batches(second[0], second[1], folder, **(options | second[2]))


def batches(*args, **options):
    with tempfile.TemporaryDirectory() as folder:
        explain_batches(*args, Path(folder) / "results", **options)


def noisy(X):
    noisy.rng = getattr(noisy, "rng", None) or np.random.RandomState(0)
    return model(X) + noisy.rng.normal(size=len(X))


class KnowsNames(BaseEstimator):
    """Knows names, and takes positions."""

    names = tuple("vwxyz")

    def fit(self, X, y=None):
        self.names_ = list(self.names)
        return self

    def predict(self, X):
        return model(X.to_numpy())


CASES = {
    "The model": [
        ("no model", lambda: dis(3).fit(X)),
        (
            "a fitted estimator, no ``y``",
            lambda: dis(LinearRegression().fit(X, X[:, 0])).fit(X),
        ),
        (
            "a frozen estimator that is not fitted",
            lambda: dis(FrozenEstimator(LinearRegression())).fit(X),
        ),
        (
            "``response_method`` that the model does not have",
            lambda: dis(LinearRegression(), response_method="predict_proba").fit(
                X, X[:, 0]
            ),
        ),
        (
            "``response_method`` of a callable",
            lambda: dis(response_method="predict").fit(X),
        ),
        (
            "``link='logit'`` of scores",
            lambda: dis(
                LogisticRegression(),
                link="logit",
                response_method="decision_function",
            ).fit(X, Y),
        ),
        (
            "a classifier's labels",
            lambda: dis(LogisticRegression(), response_method="predict").fit(X, Y),
        ),
        (
            "a callable that gives texts",
            lambda: dis(lambda X: np.repeat("a", len(X))).fit(X),
        ),
        ("a callable that gives too few rows", lambda: dis(lambda X: X[:-1, 0]).fit(X)),
        ("a callable that gives one number", lambda: dis(lambda X: X.mean()).fit(X)),
        ("a callable that gives None", lambda: dis(lambda X: None).fit(X)),
        ("three dimensions", lambda: dis(lambda X: X[:, :, None]).fit(X)),
        (
            "a masked array",
            lambda: dis(lambda X: np.ma.masked_less(X[:, 0], 9)).fit(X),
        ),
        (
            "a model that sorts the items of a list in place",
            lambda: Disentangler(sorts).fit(with_lists()),
        ),
        (
            "the method of a classifier that predicts labels",
            lambda: dis(LogisticRegression().fit(X, Y).predict).fit(X),
        ),
        (
            "an object with several outputs",
            lambda: dis(lambda X: {"loss": 1.0, "logits": X[:, :2]}).fit(X),
        ),
        ("a tuple of outputs", lambda: dis(lambda X: (X[:, 0], X[:, 1])).fit(X)),
        (
            "similarities of all rows with all others",
            lambda: dis(lambda X: X[:, :2] @ X[:, 2:4].T).fit(X),
        ),
        (
            "a model that knows its columns in another order",
            lambda: dis(FrozenEstimator(KnowsNames().fit(FRAME))).fit(
                FRAME[list("zyxwv")]
            ),
        ),
        (
            "outputs that depend on the rows beside a row",
            lambda: dis(lambda X: (X - X.mean(axis=0)).prod(axis=1)).fit(X),
        ),
        (
            "NaN for some rows",
            lambda: dis(lambda X: np.where(X[:, 0] > 1, np.nan, 0)).fit(X),
        ),
        (
            "NaN late, in ``explain``",
            lambda: late(lambda X: np.where(X[:, 0] > 1, np.nan, 0)).explain(X[:9]),
        ),
        ("more outputs late", lambda: late(lambda X: X[:, :2]).explain(X[:9])),
        ("an error of the model, late", lambda: late(fails_above).explain(X[:9])),
        ("too few references", lambda: dis(n_references=1).fit(X)),
        ("no ``Disentangler``", lambda: LocalExplainer(LogisticRegression()).fit(X)),
        ("a class", lambda: dis(LogisticRegression).fit(X)),
        ("a transformer", lambda: dis(StandardScaler()).fit(X)),
        ("a method that does not predict", lambda: dis(FITTED.fit).fit(X)),
        ("an output of the other class", lambda: answers().decompose(X, outputs="no")),
    ],
    "Modalities": [
        ("one modality only", lambda: dis(modalities=[("a", slice(0, 5))]).fit(X)),
        (
            "a column in none",
            lambda: dis(modalities=[("a", [0]), ("b", [1, 2, 3])]).fit(X),
        ),
        (
            "a column in two",
            lambda: dis(modalities=[("a", [0, 1]), ("b", [1, 2, 3, 4])]).fit(X),
        ),
        (
            "a column that does not exist",
            lambda: dis(modalities=[("a", [0, 9]), ("b", [1, 2, 3, 4])]).fit(X),
        ),
        (
            "a name that does not exist",
            lambda: dis(modalities=[("a", ["v", "q"]), ("b", ["w"])]).fit(FRAME),
        ),
        (
            "no columns",
            lambda: dis(modalities=[("a", slice(0, None)), ("b", [])]).fit(X),
        ),
        (
            "two of one name",
            lambda: dis(modalities=[("a", [0, 1]), ("a", [2, 3, 4])]).fit(X),
        ),
        (
            "``__`` in a name",
            lambda: dis(modalities=[("a__b", [0, 1]), ("b", [2, 3, 4])]).fit(X),
        ),
        ("no pair", lambda: dis(modalities=[("a",), ("b", [2, 3, 4])]).fit(X)),
        (
            "a mask of another length",
            lambda: dis(
                modalities=[("a", np.array([True, False])), ("b", [2, 3, 4])]
            ).fit(X),
        ),
    ],
    "Rows": [
        ("one row in ``fit``", lambda: exp().fit(X[:1])),
        ("no rows", lambda: fitted().explain(X[:0])),
        ("a row as a vector", lambda: fitted().explain(X[0])),
        ("a row as a dict", lambda: fitted(FRAME).explain(dict(FRAME.iloc[0]))),
        ("a row as a pandas Series", lambda: fitted(FRAME).explain(FRAME.iloc[0])),
        ("too few columns", lambda: fitted().explain(X[:, :4])),
        ("a column is missing", lambda: fitted(FRAME).explain(FRAME[list("vwxy")])),
        (
            "columns in another order than the model takes",
            lambda: (
                exp(estimator=LinearRegression())
                .fit(FRAME, X[:, 0])
                .explain(FRAME[list("wvxyz")])
            ),
        ),
        (
            "several columns of one name",
            lambda: exp().fit(FRAME.set_axis(list("vvxyz"), axis=1)),
        ),
        ("numbers as texts", lambda: fitted(FRAME).explain(FRAME.astype({"v": str}))),
        (
            "integers became floats",
            lambda: fitted(FRAME.astype({"v": int})).explain(FRAME),
        ),
        (
            "floats of fewer digits in ``fit``",
            lambda: fitted(X.astype(np.float32)).explain(X),
        ),
        ("texts after numbers", lambda: fitted().explain(X.astype(str))),
        ("a sparse matrix after an array", lambda: fitted().explain(sp.csr_matrix(X))),
        (
            "series of another length",
            lambda: (
                LocalExplainer(Disentangler(lambda X: X.sum(axis=(1, 2))), n_samples=60)
                .fit(X.reshape(12, 5, 5).repeat(4, axis=2))
                .explain(np.zeros((2, 5, 19)))
            ),
        ),
        (
            "arrays in the cells of a table",
            lambda: exp(estimator=lambda X: X["v"]).fit(
                FRAME.assign(z=list(np.ones((60, 3))))
            ),
        ),
        (
            "keys of unequal length",
            lambda: MultimodalArray(a=np.zeros(3), b=np.zeros(4)),
        ),
        ("no container", lambda: MultimodalArray(a=3)),
        (
            "an array after a MultimodalArray",
            lambda: (
                LocalExplainer(
                    Disentangler(lambda X: X["a"] * X["b"], n_references=20),
                    n_samples=60,
                )
                .fit(MultimodalArray(a=X[:, 0], b=X[:, 1]))
                .explain(X[:, :2])
            ),
        ),
        ("arrays of unequal length", lambda: dis().fit([X[0], X[0, :3]])),
        (
            "a list of arrays of more digits than in ``fit``",
            lambda: waves(short()).explain(beside(list(np.zeros((2, 20))), 2)),
        ),
        ("not fitted", lambda: exp().explain(X)),
    ],
    "Series, texts, images, sets": [
        ("infinity in a series", lambda: waves(list(np.full((60, 20), np.inf)))),
        ("null in a series", lambda: waves([[1.0, None, 2.0] * 7] * 60)),
        (
            "a detector that takes a penalty",
            lambda: waves(short(), SeriesPerturber(segments=Penalised())),
        ),
        (
            "pictures that are no arrays",
            lambda: waves([[[1, 2], [3, 4]]] * 60, ImagePerturber((2, 2))),
        ),
        (
            "a segmenter that draws",
            lambda: waves(scans(), ImagePerturber(segmenter=at_random)),
        ),
        (
            "a colour that images cannot have",
            lambda: waves(scans(), ImagePerturber(replacement=300)),
        ),
        (
            "texts in a column of categories",
            lambda: waves(notes().astype("category"), TextPerturber()),
        ),
        (
            "a tokenizer that leaves out what cannot be told apart",
            lambda: waves(notes(), TextPerturber(lambda text: ["at"])),
        ),
        (
            "segments of thousands of channels",
            lambda: waves(np.zeros((60, 2052, 36)), SeriesPerturber(36)),
        ),
        (
            "boxes without a perturber",
            lambda: waves(np.random.RandomState(0).rand(60, 9, 40)),
        ),
        (
            "a fixed number of boxes that are to be left out",
            lambda: waves(np.ones((60, 9, 4)), SetPerturber()),
        ),
        (
            "the mean of codes",
            lambda: waves([[1, 2], [3]] * 30, SetPerturber("mean")),
        ),
        ("numbers as sets", lambda: waves(X[:, 0], SetPerturber())),
    ],
    "A perturber of your own": [
        (f"``{name}`` {fault}", lambda methods={name: method}: own(methods))
        for name, fault, method in [
            ("features", "gives numbers", lambda self, c: [0, 1]),
            ("features", "gives a name twice", lambda self, c: ["a", "a"]),
            (
                "perturb",
                "gives too few",
                lambda self, c, m: Letters.perturb(self, c, m)[1:],
            ),
            ("perturb", "gives nothing", lambda self, c, m: None),
            (
                "perturb",
                "reads masks the wrong way",
                lambda self, c, m: Letters.perturb(self, c, ~m),
            ),
            ("perturb", "gives another type", lambda self, c, m: [tuple(c) for _ in m]),
            ("inert", "is of another length", lambda self, c: [True]),
        ]
    ],
    "Parameters of the explainer": [
        ("``n_samples=1``", lambda: exp(n_samples=1).fit(X)),
        ("``kernel_width=0``", lambda: exp(kernel_width=0).fit(X)),
        ("``algorithm='fast'``", lambda: exp(algorithm="fast").fit(X)),
        ("``tol=-1``", lambda: exp(tol=-1).fit(X)),
        ("a perturber of no modality", lambda: exp([("c", TabularPerturber())]).fit(X)),
        ("a perturber that is none", lambda: exp([("a", 3)]).fit(X)),
        (
            "an unknown way to draw",
            lambda: exp([("a", TabularPerturber("gauss"))]).fit(X),
        ),
        (
            "a group of another modality's column",
            lambda: exp([("a", TabularPerturber(groups={"g": [2]}))]).fit(X),
        ),
    ],
    "Results": [
        ("pairs of an explanation", lambda: fitted().explain(X[:3]).explain_pairs()),
        ("targets of other rows", lambda: answers().summarize(X, Y[1:])),
        ("targets of other classes", lambda: answers().summarize(X, ["?"] * len(X))),
        ("an unknown feature", lambda: fitted().explain(X[:3]).sel(feature="age")),
        ("an unknown modality", lambda: fitted().explain(X[:3]).sel(modality="c")),
        ("an unknown row", lambda: fitted().explain(X[:3]).sel(row=7)),
        ("a row beyond the last", lambda: fitted().explain(X[:3])[7]),
        ("``top(0)``", lambda: fitted().explain(X[:3]).top(0)),
        ("``interval(95)``", lambda: fitted().explain(X[:3]).interval(95)),
        ("``expand`` of a table", lambda: fitted().explain(X[:3]).expand("a")),
        (
            "a display of several rows",
            lambda: WaterfallDisplay.from_explanation(fitted().explain(X[:3]), row=9),
        ),
    ],
    "Files": [
        ("no such file", lambda: Explanation.load("missing.npz")),
        ("any other file", lambda: saved(lambda path: path.write_bytes(b"no archive"))),
        ("an archive of something else", lambda: saved(foreign)),
        (
            "a truncated file",
            lambda: saved(lambda path: path.write_bytes(path.read_bytes()[:-200])),
        ),
        ("a number was changed", lambda: saved(altered)),
        ("pickled objects", lambda: saved(pickled)),
    ],
    "Batches": [
        ("an explainer that is not fitted", lambda: batches(exp(), X)),
        ("no batches", lambda: batches(fitted(), 3)),
        ("a batch of other columns", lambda: batches(fitted(), [X[:3], X[:3, :4]])),
        ("``batch_size=0``", lambda: batches(fitted(), X, batch_size=0)),
        ("``format='csv'``", lambda: batches(fitted(), X, format="csv")),
        ("``on_error='skip'``", lambda: batches(fitted(), X, on_error="skip")),
        (
            "a folder of other parameters",
            lambda: twice((fitted(), X[:8]), (exp(n_samples=50).fit(X), X[:8], {})),
        ),
        (
            "a folder of another model",
            lambda: twice(
                (fitted(), X[:8]),
                (exp(estimator=lambda X: 2 * model(X)).fit(X), X[:8], {}),
            ),
        ),
        (
            "a folder of other rows",
            lambda: twice((fitted(), X[:8]), (fitted(), X[4:12], {})),
        ),
        (
            "another size of batches",
            lambda: twice((fitted(), X[:8]), (fitted(), X[:8], {"batch_size": 2})),
        ),
        (
            "a model that fails on a row",
            lambda: batches(late(fails_above), X, batch_size=10),
        ),
        (
            "a model that is not deterministic",
            lambda: batches(exp(estimator=noisy).fit(X), X[:4]),
        ),
    ],
}


def told(call):
    """What the user reads: the type of the error or warning, and its text."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        try:
            call()
        except Exception as error:
            lines = [f"{error}", *getattr(error, "__notes__", [])]
            return type(error).__name__, " ".join(" ".join(lines).split())
    for warning in caught:
        text = " ".join(str(warning.message).split())
        if "not deterministic" in text or "is taken for" in text:
            return "UserWarning", text
    raise SystemExit("no error was raised")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--smoke", action="store_true", help="print no table")
    args = parser.parse_args()
    n_cases = 0
    for heading, cases in CASES.items():
        lines = ["", heading, "-" * len(heading), "", ".. list-table::"]
        lines += ["   :header-rows: 1", "   :widths: 25 75", ""]
        lines += ["   * - Input", "     - Message"]
        for given, call in cases:
            kind, text = told(call)
            text = re.sub(f"{tempfile.gettempdir()}/\\w+/?", "", text)
            text = re.sub(" at 0x[0-9a-f]+", "", text)
            text = text.replace("\\", "\\\\")
            for mark in "*`|_":
                text = text.replace(mark, f"\\{mark}")
            lines += [f"   * - {given}", f"     - **{kind}**: {text}"]
            n_cases += 1
        if not args.smoke:
            print("\n".join(lines))
    if args.smoke:
        print(f"{n_cases} wrong inputs, each with a message")


if __name__ == "__main__":
    main()

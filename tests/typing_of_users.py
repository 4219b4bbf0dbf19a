"""Code as users write it. mypy checks it on the installed package; nothing runs it.

``assert_type`` fails where a type is lost on the way, which would make it Any.
"""

from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

import skdime
from skdime import (
    Decomposition,
    Disentangler,
    Explanation,
    LocalExplainer,
    ModalitySummary,
    MultimodalArray,
)
from skdime.datasets import make_bilinear
from skdime.metrics import (
    AdditiveGap,
    FaithfulnessCurves,
    GroupMeans,
    ModalityWorth,
    Stability,
    additive_gap,
    dispersion,
    faithfulness_curves,
    fidelity,
    group_mean_abs,
    infidelity,
    interaction_share,
    modality_worth,
    resampled_interval,
    stability,
)
from skdime.model_selection import (
    CrossExplanation,
    VarianceComponents,
    cross_explain,
    fidelity_scorer,
)
from skdime.models import TorchModel, TowersModel
from skdime.perturbers import MaskPerturber, SeriesPerturber, TabularPerturber

Floats = NDArray[np.float64]


def model(X: Floats) -> Floats:
    return X[:, 0] * X[:, 1]


def disentangle(X: Floats) -> Decomposition:
    disentangler = Disentangler(model, [("a", [0]), ("b", slice(1, None))], n_jobs=2)
    assert_type(disentangler.fit(X), Disentangler)
    assert_type(disentangler.transform(X), Floats)
    return disentangler.decompose(X, pairs=True)


def explain_fitted(X: Floats) -> Explanation:
    modalities = {"a": [0], "b": range(1, 3)}
    return skdime.explain(model, X, modalities, rows=X[:2], outputs="predicted")


def explain() -> Explanation:
    X, y = make_bilinear(100, random_state=np.random.RandomState(0))
    disentangler = Disentangler(model, n_references="auto", link="identity")
    perturbers = [("a", TabularPerturber(groups={"all": [0]}))]
    explainer = LocalExplainer(disentangler, perturbers, n_samples="auto", alpha=0.1)
    explanation = explainer.fit(X, y).explain(X[:3], pair=("a", "b"))
    assert_type(explanation, Explanation)
    assert_type(explainer.score(X), float)
    return explanation


def rows(texts: list[str], frame: Any) -> Explanation:
    X = MultimodalArray({"note": texts}, ecg=np.zeros((3, 2, 120)), labs=frame)
    assert_type(X.shape, tuple[int, int])
    assert_type(X[1:], MultimodalArray)
    for name, values in X.items():
        print(name.upper(), len(values))
    explainer = LocalExplainer(Disentangler(model), [("ecg", SeriesPerturber())])
    return explainer.fit(X).explain(X[[0, 2]])


class ElementPerturber(MaskPerturber):
    def features(self, cell: set[str]) -> list[str]:
        return sorted(cell)

    def perturb(self, cell: set[str], masks: NDArray[np.bool_]) -> list[set[str]]:
        names = sorted(cell)
        return [{names[i] for i in np.flatnonzero(mask)} for mask in masks]


def measure(explainer: LocalExplainer, X: Floats, y: Floats) -> None:
    decomposition = disentangle(X)
    gap = additive_gap(Disentangler(model).fit(X), X, y, "r2", decomposition)
    assert_type(gap, AdditiveGap)
    assert_type(gap.gap, float)
    assert_type(interaction_share(decomposition), ModalitySummary)
    disentangler = Disentangler(model).fit(X)
    assert_type(disentangler.hybrid_auc_, float)
    assert_type(disentangler.summarize(X, y).main, Floats)
    groups = disentangler.summarize_groups(X, ["a", "b"])
    assert_type(groups["a"], ModalitySummary)
    assert_type(modality_worth(disentangler, X, y, scoring="r2"), ModalityWorth)
    assert_type(group_mean_abs(explain(), ["a", "b"]), GroupMeans)
    assert_type(fidelity(explainer, X, random_state=0), Floats)
    assert_type(infidelity(explainer, X, normalize=True), Floats)
    curves = faithfulness_curves(explainer, X, order="magnitude")
    assert_type(curves, FaithfulnessCurves)
    assert_type(curves.gain, Floats)
    assert_type(stability([explain(), explain()], k=5), Stability)
    assert_type(dispersion([[1.0, 2.0], [1.5, 2.5]]), Floats)
    low, high = resampled_interval([0.1, 0.2], 80, 20)
    assert_type(high - low, Floats)


def compare(explainer: LocalExplainer, X: Floats) -> None:
    cross = cross_explain(explainer, X, cv=5, n_reference_draws=2, random_state=0)
    assert_type(cross, CrossExplanation)
    assert_type(cross.variance_components(), VarianceComponents)
    assert_type(cross.stability("references", of="rows"), Stability)
    assert_type(fidelity_scorer(explainer, X), float)
    explained = skdime.explain_batches(explainer, X, "results", on_error="nan")
    print(len(explained), explained.failures[0].position)
    assert_type(skdime.show_versions(), None)


def results(explanation: Explanation) -> None:
    assert_type(explanation[0], Explanation)
    assert_type(explanation.find(feature="lactate"), int)
    assert_type(explanation.top(3, part="mi")[0].feature, str)
    assert_type(explanation.decomposition, Decomposition)
    assert_type(explanation.to_html("page.html"), None)
    assert_type(explanation.to_html(), str)
    low, high = explanation.decomposition.interval("uc", 0.9)
    print(low < high)
    explanation.save("explanation.npz")
    assert_type(Explanation.load("explanation.npz"), Explanation)


def networks(net: Any) -> TowersModel:
    whole = TorchModel(net, output="logits", batch_size=32, dtype="bfloat16")
    assert_type(whole(np.zeros((2, 3))), NDArray[np.float32])
    return TowersModel({"image": whole, "table": "passthrough"}, TorchModel(net.head))

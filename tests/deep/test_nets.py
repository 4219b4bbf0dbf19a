"""Nets of skorch and trainers of pytorch-widedeep go in as they are."""

import warnings

import numpy as np
import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, cross_val_score

from skdime import Disentangler, LocalExplainer, MultimodalArray, explain_batches
from skdime.model_selection import cross_explain, fidelity_scorer

torch = pytest.importorskip("torch")

RNG = np.random.RandomState(0)
A = RNG.normal(size=(60, 3)).astype(np.float32)
B = RNG.normal(size=(60, 2)).astype(np.float32)
Y = (A[:, 0] * B[:, 0] > 0).astype(np.int64)


class TwoInputs(torch.nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.a, self.b = torch.nn.Linear(3, width), torch.nn.Linear(2, width)
        self.answers = torch.nn.Linear(width, 2)

    def forward(self, a, b):
        return torch.softmax(self.answers(torch.tanh(self.a(a)) * self.b(b)), dim=1)


@pytest.fixture(scope="module")
def net():
    skorch = pytest.importorskip("skorch")
    torch.manual_seed(0)
    return skorch.NeuralNetClassifier(TwoInputs, max_epochs=3, verbose=0)


def slices():
    return pytest.importorskip("skorch.helper").SliceDict(a=A, b=B)


CONTAINERS = {
    "dict": lambda: {"a": A, "b": B},
    "SliceDict": slices,
    "MultimodalArray": lambda: MultimodalArray(a=A, b=B),
}


def explainer_of(model):
    dis = Disentangler(model, n_references=10, random_state=0)
    return LocalExplainer(dis, n_samples=60, random_state=0)


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_skorch_net_is_fitted_and_explained(net, container):
    X = CONTAINERS[container]()
    explainer = explainer_of(net).fit(X, Y)
    found = explainer.explain({"a": A[:3], "b": B[:3]})
    fitted = explainer.disentangler_.estimator_
    expected = fitted.predict_proba({"a": A, "b": B})[:3, 1:]
    np.testing.assert_allclose(found.decomposition.output, expected, rtol=1e-5)
    assert found.output_names.tolist() == ["1"]
    assert not hasattr(net, "module_")  # it was cloned


def test_a_fitted_skorch_net_stays_as_it_is(net):
    X = CONTAINERS["dict"]()
    fitted = FrozenEstimator(net.fit(X, Y))
    parts = Disentangler(fitted, n_references=10).fit(X).decompose(slices())
    expected = net.predict_proba(X)[:, 1:]
    np.testing.assert_allclose(parts.output, expected, rtol=1e-5)
    net.initialized_ = False
    del net.module_


def test_a_skorch_net_over_folds(net):
    cross = cross_explain(explainer_of(net), slices(), Y, cv=2)
    assert cross.coef.shape[:2] == (2, 60)
    assert np.isfinite(cross.coef).any(axis=0).all()


def test_a_skorch_net_in_searches(net):
    search = GridSearchCV(net, {"module__width": [2, 3]}, cv=2)
    found = explainer_of(search).fit(slices(), Y).explain(slices()[:2])
    assert found.coef.shape[:2] == (2, 2)
    outer = GridSearchCV(
        explainer_of(net), {"n_samples": [40, 60]}, cv=2, scoring=fidelity_scorer
    )
    outer.fit(slices(), Y)
    assert np.isfinite(outer.cv_results_["mean_test_score"]).all()
    assert len(cross_val_score(explainer_of(net), MultimodalArray(a=A, b=B), Y, cv=2))


def test_a_dict_of_rows_is_explained_in_batches(net, tmp_path):
    explainer = explainer_of(net).fit({"a": A, "b": B}, Y)
    batches = explain_batches(explainer, {"a": A, "b": B}, tmp_path, batch_size=40)
    assert [len(batch) for batch in batches] == [40, 20]


@pytest.fixture(scope="module")
def trainer():
    widedeep = pytest.importorskip("pytorch_widedeep")
    models = pytest.importorskip("pytorch_widedeep.models")
    torch.manual_seed(0)
    table = models.TabMlp(
        column_idx={f"x{i}": i for i in range(3)},
        continuous_cols=["x0", "x1", "x2"],
        mlp_hidden_dims=[8, 4],
    )
    text = models.BasicRNN(vocab_size=20, embed_dim=4, hidden_dim=4)
    model = models.WideDeep(deeptabular=table, deeptext=text)
    trainer = widedeep.Trainer(model, objective="binary", verbose=0)
    trainer.fit(X_tab=A, X_text=TOKENS, target=Y, n_epochs=1, batch_size=16)
    trainer.verbose = 1
    return trainer


TOKENS = RNG.randint(1, 20, size=(60, 5))


def test_a_trainer_of_widedeep_goes_in_bare(trainer, capsys):
    X = {"X_tab": A, "X_text": TOKENS}
    explainer = explainer_of(trainer)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = explainer.fit(X).explain({key: rows[:3] for key, rows in X.items()})
    printed = capsys.readouterr()
    assert "predict" not in printed.err + printed.out
    trainer.verbose = 0
    expected = trainer.predict_proba(**X)[:3, 1:]
    np.testing.assert_allclose(found.decomposition.output, expected, rtol=1e-5)

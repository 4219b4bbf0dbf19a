"""The recipe of the guide for torch models, run on tiny models of random weights.

torch and transformers are no dependencies: without them the tests are skipped.
"""

import re
from pathlib import Path

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime.perturbers import ImagePerturber, TextPerturber

torch = pytest.importorskip("torch")

RECIPE = Path(__file__).parents[1] / "doc/user_guide/torch.rst"
WORDS = ["how", "many", "red", "cubes", "is", "there", "a", "sphere"]


def recipe(first_line):
    """The code block of the guide that starts with a line, ready to be executed."""
    text = RECIPE.read_text(encoding="utf-8")
    blocks = re.findall(r"code-block:: python\n\n((?:   .*\n|\n)+)", text)
    (found,) = (b for b in blocks if b.strip().startswith(first_line))
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


def test_a_module_behind_the_function_of_the_guide():
    torch.manual_seed(0)
    X, namespace = scenes(), {}
    exec(recipe("# a network"), namespace)
    exec(recipe("def encode"), namespace)
    check(explained(namespace["scores"], X), X, namespace["net"])
    rows = namespace["scores"](X, batch=3)
    np.testing.assert_allclose(rows, namespace["scores"](X), rtol=1e-5)
    assert rows.shape == (8, 3)


def test_vilt_behind_the_function_of_the_guide(tmp_path):
    torch.manual_seed(0)
    save_tiny_vilt(tmp_path)
    namespace = {"path": str(tmp_path), "device": "cpu", "answers": [0, 2]}
    exec(recipe("import numpy as np"), namespace)
    X = scenes()
    check(explained(namespace["scores"], X), X, namespace["net"])
    assert namespace["scores"](X).shape == (8, 2)
    namespace |= {"images": X["image"], "questions": X["question"]}
    exec(recipe("from skdime import"), namespace)
    names = namespace["explanation"].feature_names.tolist()
    assert "r5c5" in names and "cubes" in names


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

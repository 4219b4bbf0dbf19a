"""Deep models of many kinds, each explained in at most three lines of its own.

Weights are random and networks tiny; the interfaces are the real ones. Explanations are
to be those of the model: they add up to its own output. ViLT is in tests/test_torch.py.
"""

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime.models import TorchModel, TowersModel
from skdime.perturbers import (
    ImagePerturber,
    SeriesPerturber,
    SetPerturber,
    TextPerturber,
)

torch = pytest.importorskip("torch")

N = 12
WORDS = ["how", "many", "red", "cubes", "is", "there", "a", "sphere"]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
RNG = np.random.RandomState(0)
IMAGES = RNG.randint(0, 255, size=(N, 32, 32, 3)).astype(np.uint8)
QUESTIONS = [" ".join(RNG.permutation(WORDS)[:4]) for _ in range(N)]
TABLE = RNG.normal(size=(N, 3)).astype(np.float32)
QUADRANTS = ImagePerturber((2, 2), channel_axis=-1, replacement="mean")


@pytest.fixture(scope="module")
def transformers():
    return pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def tokenizer(transformers, tmp_path_factory):
    path = tmp_path_factory.mktemp("tokenizer") / "vocab.txt"
    path.write_text("\n".join(SPECIAL + WORDS))
    return transformers.BertTokenizerFast(str(path))


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def explained(model, X, perturbers, modalities=None, **params):
    """The explanation of two rows; outputs are the model's, and parts add up."""
    dis = Disentangler(model, modalities, n_references=4, random_state=0)
    explainer = LocalExplainer(dis, perturbers, n_samples=32, random_state=0)
    found = explainer.fit(X).explain(X[:2], **params)
    values = found.decomposition
    np.testing.assert_allclose(values.uc + values.mi, values.output, rtol=1e-5)
    assert np.abs(values.mi).max() > 1e-7
    return found


def test_lxmert_reads_a_set_of_objects(transformers, tokenizer):
    config = transformers.LxmertConfig(
        vocab_size=len(SPECIAL + WORDS),
        hidden_size=16,
        num_attention_heads=2,
        intermediate_size=16,
        num_qa_labels=5,
        l_layers=1,
        x_layers=1,
        r_layers=1,
        visual_feat_dim=6,
        max_position_embeddings=16,
        initializer_range=0.5,
    )
    net = transformers.LxmertForQuestionAnswering(config)
    X = MultimodalArray(
        features=RNG.normal(size=(N, 3, 6)).astype(np.float32),
        boxes=RNG.uniform(0.1, 1, size=(N, 3, 4)).astype(np.float32),
        question=QUESTIONS,
    )

    def inputs(X):
        words = tokenizer(list(X["question"]), return_tensors="pt", padding=True)
        seen = (np.abs(X["features"]).sum(axis=2) > 0).astype(np.float32)
        return dict(words) | {
            "visual_feats": X["features"],
            "visual_pos": X["boxes"],
            "visual_attention_mask": seen,
        }

    model = TorchModel(net, inputs, output="question_answering_score")
    modalities = [("objects", ["features", "boxes"]), ("question", ["question"])]
    perturbers = [("objects", SetPerturber("zero")), ("question", TextPerturber())]
    found = explained(model, X, perturbers, modalities, outputs=[3, 1])
    assert found.feature_names[:3].tolist() == ["object 1", "object 2", "object 3"]
    expected = model(X[:2])[:, [3, 1]]
    np.testing.assert_allclose(found.decomposition.output, expected, rtol=1e-4)


def test_clip_encodes_every_image_and_text_once(transformers, tokenizer):
    vision = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    vision |= {"intermediate_size": 16, "image_size": 32, "patch_size": 16}
    text = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    text |= {"intermediate_size": 16, "vocab_size": len(SPECIAL + WORDS)}
    text |= {"max_position_embeddings": 16, "eos_token_id": 3, "pad_token_id": 0}
    config = transformers.CLIPConfig(
        text_config=text, vision_config=vision, projection_dim=8
    )
    net = transformers.CLIPModel(config)
    X = MultimodalArray(image=IMAGES, text=QUESTIONS)

    class See(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.vision, self.last = net.vision_model, net.visual_projection

        def forward(self, images):
            seen = self.last(self.vision(pixel_values=images).pooler_output)
            return seen / seen.norm(dim=1, keepdim=True)

    class Read(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.text, self.last = net.text_model, net.text_projection

        def forward(self, input_ids, attention_mask):
            out = self.text(input_ids=input_ids, attention_mask=attention_mask)
            read = self.last(out.pooler_output)
            return read / read.norm(dim=1, keepdim=True)

    def pixels(images):
        return np.asarray(images).transpose(0, 3, 1, 2) / 255

    def numbers(texts):
        found = tokenizer(list(texts), padding="max_length", max_length=8)
        return {name: found[name] for name in ("input_ids", "attention_mask")}

    def similarity(seen, read):
        return 20 * (seen * read).sum(axis=1)

    encoders = {"image": TorchModel(See(), pixels), "text": TorchModel(Read(), numbers)}
    model = TowersModel(encoders, similarity)
    perturbers = [("image", QUADRANTS), ("text", TextPerturber())]
    found = explained(model, X, perturbers)
    # 16 masks of quadrants and of four words, for two rows, and no pair of them
    assert found.n_encodings <= 2 * (16 + 16) < found.n_model_rows / 2
    with torch.inference_mode():
        whole = net.eval()(
            pixel_values=torch.tensor(pixels(IMAGES[:2])).float(),
            **{k: torch.tensor(v) for k, v in numbers(QUESTIONS[:2]).items()},
        )
    scale = 20 / float(net.logit_scale.detach().exp())
    expected = scale * whole.logits_per_image.diagonal().numpy()
    np.testing.assert_allclose(found.decomposition.output[:, 0], expected, rtol=1e-3)


def test_film_on_scenes():
    class FiLM(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.see = torch.nn.Conv2d(3, 4, kernel_size=8, stride=8)
            self.read = torch.nn.EmbeddingBag(100, 8, mode="sum")
            self.last = torch.nn.Linear(4, 3)

        def forward(self, image, question):
            scale, shift = self.read(question).chunk(2, dim=1)
            seen = torch.relu(self.see(image)).amax(dim=(2, 3))
            return self.last(torch.relu(scale * seen + shift))

    def inputs(X):
        words = [[sum(map(ord, w)) % 99 for w in q.split()] for q in X["question"]]
        longest = max(map(len, words), default=0) or 1
        numbers = [row + [99] * (longest - len(row)) for row in words]
        return X["image"].transpose(0, 3, 1, 2) / 255, np.array(numbers)

    net = FiLM()
    net.read.padding_idx = 99
    X = MultimodalArray(image=IMAGES, question=QUESTIONS)
    perturbers = [("image", QUADRANTS), ("question", TextPerturber())]
    found = explained(TorchModel(net, inputs), X, perturbers)
    assert found.coef.shape[3] == 3


def test_sentence_encoder_and_table(transformers, tokenizer):
    config = transformers.BertConfig(
        vocab_size=len(SPECIAL + WORDS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=16,
        initializer_range=0.5,
    )
    encoder = transformers.BertModel(config)

    def sentence(out):  # the mean over words, of a fixed number of them
        return out.last_hidden_state.mean(dim=1)

    def numbers(texts):
        return dict(tokenizer(list(texts), padding="max_length", max_length=8))

    def head(note, table):
        return np.tanh(note[:, :3] * table).sum(axis=1)

    read = TorchModel(encoder, numbers, output=sentence)
    model = TowersModel({"note": read, "table": "passthrough"}, head)
    X = MultimodalArray(note=QUESTIONS, table=TABLE)
    found = explained(model, X, [("note", TextPerturber(tokenizer))])
    assert found.n_encodings <= 2 * 16
    assert set(found.feature_names) <= {*WORDS, "x0", "x1", "x2"}


def test_one_dimensional_cnn_and_table():
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.ecg = torch.nn.Conv1d(2, 4, kernel_size=5, stride=5)
            self.norm = torch.nn.BatchNorm1d(4)
            self.exam = torch.nn.Linear(3, 4)

        def forward(self, ecg, exam):
            beats = torch.relu(self.norm(self.ecg(ecg))).mean(dim=2)
            return (beats * torch.tanh(self.exam(exam))).sum(dim=1)

    # float64, as data frames have; the weights are float32
    X = MultimodalArray(ecg=RNG.normal(size=(N, 2, 20)), exam=TABLE.astype(float))
    found = explained(TorchModel(Net()), X, [("ecg", SeriesPerturber(4))])
    assert found.inputs["ecg"].values.shape == (2, 2, 20)

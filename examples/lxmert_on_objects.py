"""
Photographs and questions: LXMERT
=================================

LXMERT [1]_ answers questions about photographs. It does not read pixels, but the
objects that a detector has found: for each a vector of features and a box. In an
explanation an object is one feature, with all its numbers together, and so is a word.

Detector and weights are large, so this example makes random ones of the same interface.
One cell says how to load the published weights where a machine has them. The example
needs torch and transformers (``pip install ".[torch]"``), and is not run when the
documentation is built.

.. [1] Tan, Bansal. "LXMERT: Learning Cross-Modality Encoder Representations from
   Transformers", EMNLP 2019.
"""

import os
import tempfile
from pathlib import Path

import numpy as np
import torch
from transformers import BertTokenizerFast, LxmertConfig, LxmertForQuestionAnswering

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime.models import TorchModel
from skdime.perturbers import SetPerturber, TextPerturber

# %%
# Objects and questions
# ---------------------
# A detector gives every photograph up to 36 objects. Rows with fewer are filled up with
# zeros, which are no objects.

N_OBJECTS, N_FEATURES = 6, 16
CLASSES = ["cat", "dog", "car", "tree", "person"]
QUESTIONS = [
    "what colour is the cat",
    "how many people are there",
    "is there a car near the tree",
    "what does the dog look at",
]
rng = np.random.RandomState(0)
n = int(os.environ.get("SKDIME_SCENES", 60))
looks = rng.normal(size=(len(CLASSES), N_FEATURES))
names = rng.choice(CLASSES, size=(n, N_OBJECTS))
places = np.array([[CLASSES.index(name) for name in row] for row in names])
features = looks[places] + 0.3 * rng.normal(size=(n, N_OBJECTS, N_FEATURES))
corners = np.sort(rng.uniform(size=(n, N_OBJECTS, 2, 2)), axis=2)
boxes = corners.reshape(n, N_OBJECTS, 4)
for row in range(n):  # some photographs have fewer objects
    n_found = rng.randint(3, N_OBJECTS + 1)
    features[row, n_found:], boxes[row, n_found:] = 0, 0
X = MultimodalArray(
    features=features.astype(np.float32),
    boxes=boxes.astype(np.float32),
    names=names,
    question=[QUESTIONS[i % len(QUESTIONS)] for i in range(n)],
)

# %%
# The network
# -----------
# With random weights:

torch.manual_seed(0)
words = sorted({word for question in QUESTIONS for word in question.split()})
vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "vocab.txt"
    path.write_text("\n".join(vocabulary))
    tokenizer = BertTokenizerFast(str(path))
config = LxmertConfig(
    vocab_size=len(vocabulary),
    hidden_size=32,
    num_attention_heads=4,
    intermediate_size=64,
    num_qa_labels=8,
    l_layers=2,
    x_layers=2,
    r_layers=1,
    visual_feat_dim=N_FEATURES,
    initializer_range=0.2,
)
net = LxmertForQuestionAnswering(config)

# %%
# With the published weights, and the 2,048 features of each object from a Faster R-CNN:
#
# .. code-block:: python
#
#    name = "unc-nlp/lxmert-vqa-uncased"
#    tokenizer = BertTokenizerFast.from_pretrained(name)
#    net = LxmertForQuestionAnswering.from_pretrained(name)

# %%
# The network as a function of rows: this is all that skdime needs to know of it. Slots
# without an object are masked.


def inputs(X):
    words = tokenizer(list(X["question"]), return_tensors="pt", padding=True)
    has_object = np.abs(X["features"]).sum(axis=2) > 0
    return dict(words) | {
        "visual_feats": X["features"],
        "visual_pos": X["boxes"],
        "visual_attention_mask": has_object.astype(np.float32),
    }


model = TorchModel(net, inputs, output="question_answering_score")

# %%
# Explaining it
# -------------
# An object lies under three keys, its features, its box and its name, and is one
# feature. ``"zero"`` takes it out of the photograph. Words are the pieces that the
# model reads, replaced by the mask token that it was trained with.

modalities = [("objects", ["features", "boxes", "names"]), ("question", ["question"])]
perturbers = [
    ("objects", SetPerturber("zero", names="names")),
    ("question", TextPerturber(tokenizer, mask_token=tokenizer.mask_token)),
]
dis = Disentangler(model, modalities, n_references=20, random_state=0)
explainer = LocalExplainer(dis, perturbers, n_samples=128, random_state=0).fit(X)
explanation = explainer.explain(X[:2], outputs="predicted")
print(explanation)

# %%
# Which objects and words contribute to the interaction of the first photograph with its
# question?

for effect in explanation.top(4, row=0, part="mi"):
    print(
        f"{effect.modality:8} {effect.feature:8} {effect.coef:+.3f} +- {effect.se:.3f}"
    )

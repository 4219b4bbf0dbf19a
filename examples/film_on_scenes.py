"""
Images and questions: a CNN with FiLM
=====================================

A convolutional network answers questions about scenes of coloured shapes. The question
modulates what the network does with the image, by feature-wise linear modulation [1]_.
This is the second system of the paper, in small: trained on a CPU in two minutes.

The scenes are generated, so it is known which objects a question asks about. Does the
interaction of image and question point at them?

This example needs torch (``pip install ".[torch]"``) and is not run when the
documentation is built.

.. [1] Perez, Strub, de Vries, Dumoulin, Courville. "FiLM: Visual Reasoning with a
   General Conditioning Layer", AAAI 2018. :doi:`10.1609/aaai.v32i1.11671`
"""

import os
import time

import numpy as np
import torch
from torch import nn

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime.datasets import make_scenes
from skdime.models import TorchModel, TowersModel
from skdime.perturbers import ImagePerturber, TextPerturber

# the tests run the same code on fewer scenes
N_TRAIN = int(os.environ.get("SKDIME_SCENES", 24_000))
N_EXPLAINED = min(200, N_TRAIN // 20)

# %%
# The network
# -----------
# ``See`` makes a vector of each of the 4 x 4 cells of an image, ``Read`` one of the
# words of a question. In ``Answer`` the question scales and shifts the channels of
# the cells.

scenes = make_scenes(N_TRAIN + N_EXPLAINED, random_state=0)
WORDS = sorted({word for text in scenes.data["question"] for word in text.split()})
ANSWERS = sorted(set(scenes.target))
torch.manual_seed(0)


class See(nn.Sequential):
    def __init__(self, width):
        super().__init__(
            nn.Conv2d(3, width // 2, kernel_size=4, stride=4),
            nn.ReLU(),
            nn.Conv2d(width // 2, width, kernel_size=3, stride=3),
            nn.ReLU(),
        )


class Read(nn.Sequential):
    def __init__(self, width):
        bag = nn.EmbeddingBag(len(WORDS) + 1, width, mode="sum", padding_idx=0)
        super().__init__(bag, nn.ReLU(), nn.Linear(width, width), nn.ReLU())


class Answer(nn.Module):
    def __init__(self, width, n_blocks=2):
        super().__init__()
        self.films = nn.ModuleList(nn.Linear(width, 2 * width) for _ in range(n_blocks))
        self.convs = nn.ModuleList(nn.Conv2d(width, width, 1) for _ in range(n_blocks))
        self.last = nn.Linear(2 * width, len(ANSWERS))

    def forward(self, cells, question):
        for film, conv in zip(self.films, self.convs, strict=True):
            scale, shift = film(question)[:, :, None, None].chunk(2, dim=1)
            cells = cells + torch.relu((1 + scale) * conv(cells) + shift)
        pooled = torch.cat([cells.amax(dim=(2, 3)), cells.sum(dim=(2, 3)) / 5], dim=1)
        return self.last(pooled)


class FiLM(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.see, self.read, self.answer = See(width), Read(width), Answer(width)

    def forward(self, image, question):
        return self.answer(self.see(image), self.read(question))


def pixels(images):
    return np.float32(images).transpose(0, 3, 1, 2) / 127.5 - 1


def numbers(questions):
    rows = [
        [WORDS.index(w) + 1 for w in text.split() if w in WORDS] for text in questions
    ]
    longest = max(map(len, rows), default=0) or 1
    return np.array([row + [0] * (longest - len(row)) for row in rows])


# %%
# Training
# --------


def train(net, scenes, n_epochs=14, batch=64):
    image = torch.tensor(pixels(scenes.data["image"][:N_TRAIN]), dtype=torch.float32)
    question = torch.tensor(numbers(scenes.data["question"][:N_TRAIN]))
    target = torch.tensor([ANSWERS.index(a) for a in scenes.target[:N_TRAIN]])
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    steps = n_epochs * -(-N_TRAIN // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps)
    for _ in range(n_epochs):
        for some in torch.randperm(N_TRAIN).split(batch):
            optimizer.zero_grad()
            logits = net(image[some], question[some])
            nn.functional.cross_entropy(logits, target[some]).backward()
            optimizer.step()
            schedule.step()
    return net


started = time.perf_counter()
net = train(FiLM(), scenes)
print(f"trained in {time.perf_counter() - started:.0f} s")

# %%
# Explaining it
# -------------
# Image and question are encoded apart, so :class:`~skdime.models.TowersModel` encodes
# each distinct image and question once.

model = TowersModel(
    {"image": TorchModel(net.see, pixels), "question": TorchModel(net.read, numbers)},
    TorchModel(net.answer, batch_size=4096),
)
X = scenes.data[N_TRAIN:]
answers = np.array(ANSWERS)[model(X).argmax(axis=1)]
right = answers == scenes.target[N_TRAIN:]
print(f"{right.mean():.0%} of the answers are right")

perturbers = [
    ("image", ImagePerturber((4, 4), channel_axis=-1, replacement="mean")),
    ("question", TextPerturber()),
]
dis = Disentangler(model, n_references=50, random_state=0)
explainer = LocalExplainer(dis, perturbers, n_samples=256, random_state=0)
explainer.fit(scenes.data[:2000])
explanation = explainer.explain(X, outputs="predicted")
print(explanation)

# %%
# Do cells and words of the largest coefficient belong to what is asked?
# -----------------------------------------------------------------------


def hits_of_cells(part):
    """Share of rows whose strongest cell has an object that is asked about."""
    hits, chances = [], []
    for row in range(len(explanation)):
        mask = scenes.asked_masks[N_TRAIN + row].reshape(4, 12, 4, 12).any((1, 3))
        if mask.any():
            coef = explanation.coef[row, part, :16, 0]
            hits.append(mask.ravel()[np.abs(coef).argmax()])
            chances.append(mask.mean())
    return np.mean(hits), np.mean(chances)


LOOKS = {"red", "green", "blue", "yellow", "circle", "square", "triangle", "circles"}
LOOKS |= {"squares", "triangles"}


def hits_of_words(part):
    """Share of questions whose strongest word names a colour or shape."""
    names = explanation.feature_names[16:]
    coef = np.abs(np.nan_to_num(explanation.coef[:, part, 16:, 0]))
    return np.mean([names[best] in LOOKS for best in coef.argmax(axis=1)])


for part, name in enumerate(["UC", "MI"]):
    hit, chance = hits_of_cells(part)
    print(
        f"{name}: strongest cell holds an object that is asked about in {hit:.0%} of "
        f"scenes (chance {chance:.0%}); strongest word names what is asked in "
        f"{hits_of_words(part):.0%} of questions"
    )

# %%
# UC of an image does not depend on the question: it is a mean over those of others. Its
# coefficients are estimated from some masks, some of them together with the row's own
# question, which moves them by as much as their standard errors say.

few = scenes.data[N_TRAIN : N_TRAIN + 10]
other = MultimodalArray(image=few["image"], question=np.roll(few["question"], 1))
asked = model(few).argmax(axis=1)[:, None]  # of both the same answer
first, second = (explainer.explain(rows, outputs=asked) for rows in (few, other))
cells = first.feature_modalities == "image"
moved = (first.coef - second.coef)[:, 0, cells]
error = np.hypot(first.se_approximation, second.se_approximation)[:, 0, cells]
share = np.linalg.norm(moved) / np.linalg.norm(first.coef[:, 0, cells])
print(
    f"UC of images moves by {share:.0%} with other questions, "
    f"{(np.abs(moved) <= 2 * error).mean():.0%} of its coefficients by less than two "
    "standard errors"
)

# %%
# Half precision
# --------------
# Does computing in bfloat16 change the coefficients? Measure it on a few rows.

half = TowersModel(
    {
        "image": TorchModel(net.see, pixels, dtype="bfloat16"),
        "question": TorchModel(net.read, numbers, dtype="bfloat16"),
    },
    TorchModel(net.answer, batch_size=4096, dtype="bfloat16"),
)
dis = Disentangler(half, n_references=50, random_state=0)
halved = LocalExplainer(dis, perturbers, n_samples=256, random_state=0)
halved.fit(scenes.data[:2000])
coef = np.nan_to_num(first.coef)
other = np.nan_to_num(halved.explain(few, outputs=asked).coef)
for part, name in enumerate(["UC", "MI"]):
    change = np.linalg.norm(other[:, part] - coef[:, part])
    share = change / np.linalg.norm(coef[:, part])
    print(f"bfloat16 moves coefficients of {name} by {share:.1%}")

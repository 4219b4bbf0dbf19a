"""An explanation of every kind of modality, with names that try to be markup."""

import json
from html.parser import HTMLParser

import numpy as np

from skdime import Decomposition, Explanation
from skdime._results.inputs import ModalityInput

SCRIPT = "<script>document.title = 'taken'</script>"
CLOSING = "</script><img src=x onerror=\"document.title='taken'\">"
TOKEN = "<script>alert(1)</script>"
TEXTS = [f"no {TOKEN} fever", "no fever, naïve 🙂", ""]


def explanation_of(rng, n_rows=3, outputs=("no", SCRIPT), n_columns=4):
    """Columns, a text, a series and an image, with names that try to be markup."""
    columns = [CLOSING, "$style & $data", *[f"c{i}" for i in range(n_columns - 2)]]
    names = ["no", TOKEN, "fever", "II[0:6]", "II[6:12]", "left", "right"]
    owners = [SCRIPT] * n_columns + ["note"] * 3 + ["ecg"] * 2 + ["scan"] * 2
    modalities, n_outputs, n_features = (
        list(dict.fromkeys(owners)),
        len(outputs),
        len(owners),
    )

    def normal(*shape):
        return rng.normal(size=(n_rows, *shape))

    baseline, main, mi = (
        rng.normal(size=n_outputs),
        normal(4, n_outputs),
        normal(n_outputs),
    )
    uc = baseline + main.sum(axis=1)
    decomposition = Decomposition(
        output=uc + mi,
        baseline=baseline,
        uc=uc,
        mi=mi,
        main=main,
        baseline_se=np.abs(rng.normal(size=n_outputs)),
        uc_se=np.abs(normal(n_outputs)),
        mi_se=np.abs(normal(n_outputs)),
        main_se=np.abs(normal(4, n_outputs)),
        row_names=np.array([f"case {i} {TOKEN}" for i in range(n_rows)]),
        modality_names=np.array(modalities),
        output_names=np.array(outputs),
        unit="probability",
    )
    coef, se = (
        normal(2, n_features, n_outputs),
        np.abs(normal(2, n_features, n_outputs)),
    )
    note = labels_of_texts(n_columns, n_rows)
    for row in range(n_rows):
        for f in range(n_columns, n_columns + 3):
            if f not in note[row]:
                coef[row, :, f] = se[row, :, f] = np.nan
    intercept, fit = (
        normal(2, 4, n_outputs),
        rng.uniform(size=(n_rows, 2, 4, n_outputs)),
    )
    fit[0, 1, 0] = np.nan
    zeros = np.zeros_like(intercept)
    values = [[f"v{f}" for f in range(n_features)] for _ in range(n_rows)]
    return Explanation(
        coef=coef,
        se_references=se,
        se_perturbations=np.zeros_like(se),
        se_approximation=np.zeros_like(se),
        intercept=intercept,
        r2=fit,
        local_prediction=intercept + 1,
        effective_samples=np.full((n_rows, 4), 50.0),
        approximation_error=zeros,
        decomposition=decomposition,
        feature_names=np.array([*columns, *names]),
        feature_modalities=np.array(owners),
        feature_values=np.array(values),
        inputs=inputs_of(rng, note, n_columns + 3, n_rows),
        n_model_rows=1234,
    )


def labels_of_texts(first, n_rows):
    """Labels of the characters of the texts; tokens are features from `first` on."""
    labels = np.full((n_rows, max(map(len, TEXTS))), -1)
    for row in range(n_rows):
        for f, token in enumerate(("no", TOKEN, "fever"), start=first):
            start = TEXTS[row % 3].find(token)
            if start >= 0:
                labels[row, start : start + len(token)] = f
    return labels


def inputs_of(rng, note, f, n_rows):
    series = rng.normal(size=(n_rows, 1, 12))
    series[0, 0, 3] = np.nan
    segments = np.broadcast_to(np.repeat([f, f + 1], 6), series.shape)
    image = rng.randint(256, size=(n_rows, 4, 6, 3)).astype(np.uint8)
    sides = np.broadcast_to(np.repeat([f + 2, f + 3], 3), image.shape[:3])
    texts = np.array([TEXTS[row % 3] for row in range(n_rows)])
    return {
        "note": ModalityInput("text", texts, note),
        "ecg": ModalityInput("series", series, segments),
        "scan": ModalityInput("image", image, sides),
    }


class Page(HTMLParser):
    """The tags of a page with the text right after each, and its data."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.texts, self._opened = [], [], False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.texts.append("")
        self._opened = True

    def handle_endtag(self, tag):
        self._opened = False

    def handle_data(self, data):
        if self._opened:
            self.texts[-1] += data

    def texts_of(self, tag, attribute=None):
        """Texts of elements of a name, that have an attribute."""
        return [
            text
            for (name, attrs), text in zip(self.tags, self.texts, strict=True)
            if name == tag and (attribute is None or attribute in attrs)
        ]

    def data(self):
        """What the page shows, read as the browser reads it."""
        (text,) = (
            text
            for (_, attrs), text in zip(self.tags, self.texts, strict=True)
            if attrs.get("id") == "data"
        )
        return json.loads(text)


def numbers_of(bars):
    """Numbers and standard errors of a list of bars, or of bars of UC and MI."""
    if isinstance(bars[0], list):
        return np.array([numbers_of(bar) for bar in bars])
    return [read_number(bars[0]), read_number(bars[1] or "0")]


def read_number(text):
    return float(text.replace("\N{MINUS SIGN}", "-"))


def assert_written(texts, values):
    """Written with four digits of the largest, or more."""
    rounding = 0.51 * 10.0 ** (np.floor(np.log10(np.abs(values).max())) - 3)
    np.testing.assert_allclose(texts, values, rtol=0, atol=rounding)

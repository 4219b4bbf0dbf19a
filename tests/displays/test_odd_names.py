"""Names that no font has: in every display they are shown as what they are not."""

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer
from tests.displays._pictures import OF_TABLES, draw_table

pd = pytest.importorskip("pandas")
ODD = ["a\ud800b", "\u202eevil\x00", "x\x1b[31m", "ok\nline\u2066"]


def model(X):
    values = X.to_numpy()
    return values[:, 0] * values[:, 2] + values[:, 1]


@pytest.fixture(scope="module")
def explanation():
    names = [
        pd.Index(each, dtype=object)
        for each in (ODD, [f"r\ud800{i}" for i in range(20)])
    ]
    values = np.random.RandomState(0).normal(size=(20, 4))
    X = pd.DataFrame(values, columns=names[0], index=names[1])
    modalities = [("m\ud800\u202e", [0, 1]), ("n\x00", [2, 3])]
    dis = Disentangler(model, modalities, n_references=20, random_state=0)
    return LocalExplainer(dis, n_samples=30, random_state=0).fit(X).explain(X[:4])


@pytest.mark.parametrize("name", OF_TABLES)
def test_pictures(explanation, name, pyplot):
    if name == "WaterfallDisplay":
        explanation = explanation[:1]
    figure = draw_table(name, explanation).figure_
    figure.canvas.draw()
    written = "".join(text.get_text() for text in figure.findobj(match=_is_text))
    assert not set("\ud800\u202e\x00\x1b\u2066") & set(written)


def _is_text(artist):
    from matplotlib.text import Text

    return isinstance(artist, Text)


def test_what_is_printed_can_be_encoded(explanation):
    for text in (repr(explanation), explanation._repr_html_(), explanation.to_html()):
        assert text.encode("utf-8")


def test_names_themselves_stay(explanation, tmp_path):
    assert explanation.feature_names.tolist()[0] == ODD[0]
    frame = explanation.to_frame()
    assert set(frame["row"]) == {f"r\ud800{i}" for i in range(4)}

"""The report, what notebooks show, and the bridge to shap."""

import json
import re
import struct
import zlib
from base64 import b64decode
from dataclasses import replace
from html import escape
from html.parser import HTMLParser

import numpy as np
import pytest

from skdime import Decomposition, Explanation
from skdime._results.inputs import ModalityInput
from skdime._results.labels import runs
from skdime._results.page.drawable import drawable
from skdime._results.page.numbers import number_writer
from skdime._results.pixels import as_colours, png

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


@pytest.fixture(scope="module")
def explanation():
    return explanation_of(np.random.RandomState(0))


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


# --- the page as text -------------------------------------------------------------


def test_names_and_texts_are_never_markup(explanation):
    page = Page(explanation.to_html())
    assert [tag for tag, _ in page.tags].count("script") == 2
    assert not [tag for tag, attrs in page.tags if "onerror" in attrs]
    data = page.data()
    assert page.texts_of("option")[:5] == [*explanation.row_names, "no", SCRIPT]
    assert data["modalities"][0] == data["steps"][1][0] == SCRIPT
    assert [title for _, title, _ in data["features"]][:2] == [
        CLOSING,
        "$style & $data",
    ]
    assert page.texts_of("span", "data-f")[:3] == ["no", TOKEN, "fever"]


def test_the_page_names_no_address(explanation):
    page = Page(explanation.to_html())
    addresses = [
        value
        for _, attrs in page.tags
        for name, value in attrs.items()
        if name in ("src", "href")
    ]
    pictures = [address for address in addresses if address != "data:,"]
    assert len(pictures) == len(explanation)
    assert all(address.startswith("data:image/png;base64,") for address in pictures)
    policy = next(a["content"] for _, a in page.tags if a.get("http-equiv"))
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")


def test_data_are_the_numbers_of_the_explanation(explanation):
    data = Page(explanation.to_html()).data()
    values = explanation.decomposition
    for i, row in enumerate(data["rows"]):
        here = row["features"]
        assert np.isnan(np.delete(explanation.coef[i], here, axis=1)).all()
        for c, view in enumerate(row["views"]):
            expected = [
                [values.baseline[c], values.baseline_se[c]],
                *zip(values.main[i, :, c], values.main_se[i, :, c], strict=True),
                [values.uc[i, c], values.uc_se[i, c]],
                [values.mi[i, c], values.mi_se[i, c]],
                [values.output[i, c], 0],
            ]
            assert_written(numbers_of(view["steps"][0]), expected)
            coef, se = explanation.coef[i][:, here, c], explanation.se[i][:, here, c]
            expected = np.stack([coef.T, se.T], axis=-1)
            assert_written(numbers_of(view["features"][0]), expected)
    assert [view["fits"][0][1] for view in data["rows"][0]["views"]] == [
        "does not vary"
    ] * 2
    assert_means_are_those_over_all_rows(data, explanation)


def assert_means_are_those_over_all_rows(data, explanation):
    values = explanation.decomposition
    for c, view in enumerate(data["all"]["views"]):
        mean = explanation.mean_abs()[:, data["all"]["features"], c]
        assert_written(numbers_of(view["features"][0])[..., 0], mean.T)
        mean = [
            *np.abs(values.main[..., c]).mean(axis=0),
            np.abs(values.mi[:, c]).mean(),
        ]
        assert_written(numbers_of(view["sizes"][0])[:, 0], mean)


def test_bars_are_as_long_as_their_numbers(explanation):
    data = Page(explanation.to_html()).data()
    for i, row in enumerate(data["rows"]):
        for c, view in enumerate(row["views"]):
            bars, origin, ticks = view["features"]
            ends, reach, starts = (
                np.array([[bar[k] for bar in pair] for pair in bars]) for k in (2, 3, 4)
            )
            here = row["features"]
            coef, se = (
                explanation.coef[i][:, here, c].T,
                explanation.se[i][:, here, c].T,
            )
            unit = np.ptp(ends) / np.ptp(coef)
            np.testing.assert_allclose(ends - origin, unit * coef, atol=0.02)
            np.testing.assert_allclose(reach, 2 * unit * se, atol=0.02)
            np.testing.assert_array_equal(starts, origin)
            places = [origin + unit * read_number(text) for text, _ in ticks]
            np.testing.assert_allclose([place for _, place in ticks], places, atol=0.05)


def test_steps_start_where_the_last_one_ended(explanation):
    for row in Page(explanation.to_html()).data()["rows"]:
        for view in row["views"]:
            baseline, *effects, uc, mi, output = view["steps"][0]
            starts = [bar[4] for bar in (*effects, mi)]
            ends = [bar[2] for bar in (baseline, *effects, mi)]
            np.testing.assert_allclose(
                starts, [*ends[: len(effects)], uc[2]], atol=0.02
            )
            np.testing.assert_allclose(ends[-2:], [uc[2], output[2]], atol=0.02)


def test_orders_are_those_of_the_coefficients(explanation):
    for i, row in enumerate(Page(explanation.to_html()).data()["rows"]):
        for c, view in enumerate(row["views"]):
            uc, mi = np.abs(explanation.coef[i][:, row["features"], c])
            for name, sizes in {"uc": uc, "mi": mi, "both": uc + mi}.items():
                assert (np.diff(sizes[view["orders"][name]]) <= 0).all()


def test_rows_beyond_max_rows_count_in_means_only():
    explanation = explanation_of(np.random.RandomState(1), n_rows=7)
    page = Page(explanation.to_html(max_rows=2))
    data = page.data()
    assert len(data["rows"]) == 2
    assert page.texts_of("p", "id")[0].startswith("The first 2 of 7 rows can be picked")
    assert_means_are_those_over_all_rows(data, explanation)
    later = Page(explanation[2:].to_html(max_rows=2)).data()
    assert later["rows"][0]["name"] == explanation.row_names[2]


@pytest.mark.parametrize("max_rows", [0, 1.5, True, "2"])
def test_max_rows_must_be_a_count(explanation, max_rows):
    with pytest.raises(ValueError, match="`max_rows` must be an integer of at least 1"):
        explanation.to_html(max_rows=max_rows)


def test_it_is_written_where_it_is_told(explanation, tmp_path):
    path = tmp_path / "report.html"
    assert explanation.to_html(path) is None
    assert path.read_text(encoding="utf-8") == explanation.to_html()
    assert explanation.to_html(str(path), max_rows=1) is None
    assert path.read_text(encoding="utf-8") == explanation.to_html(max_rows=1)


def test_the_output_shown_first_is_the_largest_of_most_rows(explanation):
    output = np.array([[0.0, 1.0], [0.0, 1.0], [5.0, 1.0]])
    values = replace(explanation.decomposition, output=output)
    page = Page(replace(explanation, decomposition=values).to_html())
    assert page.data()["start"] == 1


def test_an_explanation_of_no_rows(explanation):
    data = Page(explanation[:0].to_html()).data()
    assert (data["rows"], data["all"]) == ([], None)
    assert "0 row(s)" in explanation[:0]._repr_html_()


# --- what is drawn ------------------------------------------------------------------


def test_runs():
    assert runs([3, 3, -1, 3]) == [(0, 2, 3), (2, 3, -1), (3, 4, 3)]
    assert runs([]) == []


def test_pieces_of_a_text_put_it_together_again(explanation):
    for row, text in enumerate(TEXTS):
        drawn = drawable(explanation.inputs["note"], row, explanation.feature_names)
        assert "".join(piece for piece, _ in drawn["pieces"]) == text


def test_a_series_ends_where_its_values_end():
    values = np.array([[[1.0, np.nan, 3.0, np.nan, np.nan]]])
    held = ModalityInput("series", values, np.array([[[0, 0, 1, -1, -1]]]))
    (channel,) = drawable(held, 0, np.array(["II[0:2]", "II[2:3]"]))["channels"]
    np.testing.assert_array_equal(channel["y"], [1.0, np.nan, 3.0])
    assert (channel["length"], channel["name"]) == (3, "II")
    assert channel["runs"] == [(0, 2, 0), (2, 3, 1)]


def test_a_long_series_keeps_its_extremes():
    values = np.random.RandomState(0).normal(size=(1, 1, 10_000))
    values[0, 0, [1234, 7777]] = 50, -50
    held = ModalityInput("series", values, np.zeros((1, 1, 10_000), dtype=int))
    (channel,) = drawable(held, 0, np.array(["all"]))["channels"]
    points = dict(zip(channel["x"], channel["y"], strict=True))
    assert len(points) <= 802
    assert (points[1234], points[7777]) == (50, -50)
    assert {0, 9999} <= set(points)
    assert channel["name"] == "channel 0"


def test_the_padding_of_a_smaller_image_is_left_out():
    image = np.full((1, 5, 6), np.nan)
    image[0, :2, :3] = [[0, 0.5, 1], [1, 1, 1]]
    labels = np.full((1, 5, 6), -1)
    labels[0, :2, :3] = [[0, 0, 1], [1, 1, 1]]
    drawn = drawable(ModalityInput("image", image, labels), 0, None)
    assert drawn["size"] == (2, 3)
    assert drawn["labels"].tolist() == [[0, 0, 1], [1, 1, 1]]
    assert pixels_of(b64decode(drawn["uri"].partition(",")[2])).ravel().tolist() == [
        *(0, 128, 255),
        *(255, 255, 255),
    ]


def test_a_large_image_is_drawn_with_fewer_pixels():
    held = ModalityInput("image", np.zeros((1, 100, 900)), np.zeros((1, 100, 900), int))
    drawn = drawable(held, 0, None)
    assert drawn["size"] == (100, 900)
    assert drawn["labels"].shape == (34, 300)
    assert not drawn["labels"].any()


def pixels_of(content):
    """The pixels of a PNG whose lines have no filter, by the letter of its format."""
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    width, height, depth, kind = struct.unpack(">IIBB", content[16:26])
    assert depth == 8
    start = content.index(b"IDAT")
    (length,) = struct.unpack(">I", content[start - 4 : start])
    data = content[start + 4 : start + 4 + length]
    (checksum,) = struct.unpack(">I", content[start + 4 + length : start + 8 + length])
    assert checksum == zlib.crc32(b"IDAT" + data)
    n_colours = {0: 1, 2: 3, 6: 4}[kind]
    lines = np.frombuffer(zlib.decompress(data), dtype=np.uint8).reshape(height, -1)
    assert not lines[:, 0].any()
    return lines[:, 1:].reshape(height, width, n_colours)


@pytest.mark.parametrize("shape", [(3, 5), (3, 5, 3), (3, 5, 4), (1, 1), (5, 1, 3)])
def test_png_holds_the_bytes_of_the_image(shape):
    image = np.random.RandomState(0).randint(256, size=shape).astype(np.uint8)
    drawn = pixels_of(png(as_colours(image)))
    np.testing.assert_array_equal(drawn.reshape(shape), image)


def test_colours_of_other_kinds_of_numbers():
    np.testing.assert_array_equal(
        as_colours(np.array([[0.0, 0.25, 1]])), [[0, 0.25, 1]]
    )
    np.testing.assert_array_equal(as_colours(np.array([[-1.0, 0, 1]])), [[0, 0.5, 1]])
    np.testing.assert_array_equal(as_colours(np.array([[0, 2, 4]])), [[0, 0.5, 1]])
    np.testing.assert_array_equal(as_colours(np.array([[[0.0, 1]]])), [[0.5]])
    np.testing.assert_array_equal(as_colours(np.array([[7.0, 7]])), [[0, 0]])


# --- in a notebook ------------------------------------------------------------------


_DRAWN = ("section", "figure", "figcaption", "img", "svg", "rect", "path", "polyline")


def test_a_notebook_shows_names_as_text(explanation):
    shown = explanation._repr_html_()
    tags = {tag for tag, _ in Page(shown).tags}
    assert tags <= {*["div", "style", "p", "strong", "ol", "li", "span", "i"], *_DRAWN}
    assert escape(SCRIPT) in shown
    assert escape(f"case 0 {TOKEN}") in shown


def test_a_notebook_shows_the_numbers(explanation):
    one = replace(explanation[1], inputs={})
    text = re.sub("<style>.*?</style>|<[^>]*>", "|", one._repr_html_(), flags=re.DOTALL)
    shown = [number for number in map(number_in, text.split("|")) if number is not None]
    values, c = one.decomposition, int(one.decomposition.output[0].argmax())
    steps = [
        *(values.baseline[c], values.baseline_se[c]),
        *np.column_stack([values.main[0, :, c], values.main_se[0, :, c]]).ravel(),
        *(values.uc[0, c], values.uc_se[0, c], values.mi[0, c], values.mi_se[0, c]),
        values.output[0, c],
    ]
    np.testing.assert_allclose(shown[: len(steps)], steps, atol=6e-4)
    strongest = np.argsort(-np.nan_to_num(np.abs(one.coef[0, :, :, c])).sum(axis=0))[:5]
    expected = np.stack(
        [one.coef[0, :, strongest, c], one.se[0, :, strongest, c]], axis=-1
    )
    np.testing.assert_allclose(shown[len(steps) :], expected.ravel(), atol=6e-4)


def number_in(text):
    found = re.fullmatch(r"[ ±]*([−+]?[0-9.]+) *", text)  # noqa: RUF001
    return found and float(found[1].replace("\N{MINUS SIGN}", "-"))


def test_bars_lie_within_their_track(explanation):
    for place in re.findall(
        r"style='left:(.*?)%(?:;width:(.*?)%)?'", explanation._repr_html_()
    ):
        left, width = float(place[0]), float(place[1] or 0)
        assert -0.01 <= left <= left + width <= 100.01


# --- shap -----------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["uc", "mi"])
def test_plots_of_shap_end_at_the_part(explanation, part):
    pytest.importorskip("shap")
    shown = explanation.to_shap(part)
    ends = shown.base_values + shown.values.sum(axis=1)
    np.testing.assert_allclose(ends, getattr(explanation.decomposition, part))
    coef = explanation.sel(part=part)
    np.testing.assert_array_equal(shown.values, np.nan_to_num(coef))
    assert shown.feature_names[0] == f"{SCRIPT}: {CLOSING}"
    assert shown.output_names == ["no", SCRIPT]


def test_one_output_and_one_modality_for_shap(explanation):
    pytest.importorskip("shap")
    shown = explanation.to_shap("mi", modality="ecg", output="no")
    coef = explanation.sel(part="mi", modality="ecg", output="no")
    np.testing.assert_array_equal(shown.values, coef)
    base = explanation.decomposition.mi[:, 0] - coef.sum(axis=1)
    np.testing.assert_allclose(shown.base_values, base)
    assert shown.feature_names == ["ecg: II[0:6]", "ecg: II[6:12]"]


def test_numbers_stay_numbers_for_shap(explanation):
    pytest.importorskip("shap")
    values = explanation.feature_values.astype(object)
    values[:, 0] = ["1.5", "2", "nan"]
    shown = replace(explanation, feature_values=values.astype(str)).to_shap()
    assert shown.data[:2, 0].tolist() == [1.5, 2.0]
    assert shown.data[0, 1] == "v1"


def test_wrong_names_for_shap(explanation):
    pytest.importorskip("shap")
    with pytest.raises(ValueError, match="`part` must be 'uc' or 'mi'"):
        explanation.to_shap("both")
    with pytest.raises(KeyError, match="known are"):
        explanation.to_shap(output="maybe")
    with pytest.raises(KeyError, match="known are"):
        explanation.to_shap(modality="ECG")


def test_shap_is_named_where_it_is_missing(explanation, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "shap", None)
    with pytest.raises(ImportError, match="pip install shap"):
        explanation.to_shap()


@pytest.mark.parametrize(
    "largest, value, text",
    [
        (146.4, 33.852, "+33.9"),
        (0.5, -0.12345, "-0.1235"),
        (0.5, 0.00001, "0.0000"),
        (12345, -3.4, "-3"),
        (3.3e7, -1.234e6, "-1.23e6"),
        (3.3e7, 0.001, "0"),
        (2e-9, 1e-9, "+1.00e-9"),
        (0, 0, "0"),
    ],
)
def test_numbers_have_the_decimals_of_the_largest(largest, value, text):
    write = number_writer([largest, np.nan, -largest])
    assert write(value, signed=True).replace("\N{MINUS SIGN}", "-") == text


@pytest.mark.parametrize(
    "step, total, texts",
    [
        (2.468, 1000002.2, ("+2.468", "1000002.200")),
        (33.852, 146.4, ("+33.85", "146.40")),
        (0.25, 3.3e12, ("+2.500000000000e-1", "3.300000000000e12")),
        (0, 5.0, ("0.000", "5.000")),
    ],
)
def test_totals_are_written_as_finely_as_the_steps_between_them(step, total, texts):
    write = number_writer([step, -step], [total])
    found = write(step, signed=True), write(total)
    assert tuple(text.replace("\N{MINUS SIGN}", "-") for text in found) == texts


def test_numbers_of_a_page_tell_what_differs(explanation):
    values = explanation.decomposition
    far = {name: getattr(values, name) + 1e6 for name in ("output", "uc", "baseline")}
    page = Page(
        replace(explanation, decomposition=replace(values, **far)).to_html()
    ).data()
    for c, view in enumerate(page["rows"][0]["views"]):
        baseline, *_, uc, _, _ = numbers_of(view["steps"][0])[:, 0]
        moved = values.uc[0, c] - values.baseline[c]
        np.testing.assert_allclose(uc - baseline, moved, atol=1e-3)


def test_rounding_is_not_shown(explanation):
    noise = np.full_like(explanation.coef, 1e-16)
    noise[:, :, 0] = 1.0
    cleared = replace(explanation, coef=noise)
    for view in Page(cleared.to_html()).data()["rows"][0]["views"]:
        first, *others = numbers_of(view["features"][0])[..., 0]
        assert (first == 1).all() and not np.any(others)


def test_half_a_surrogate_is_a_replaced_letter_and_no_error(explanation, tmp_path):
    names = explanation.feature_names.astype(object)
    names[0] = "half \ud83d"
    text = explanation.inputs["note"]
    texts = np.array(["no \ud83d fever", *text.values[1:]])
    odd = replace(
        explanation,
        feature_names=names.astype(str),
        inputs=explanation.inputs | {"note": replace(text, values=texts)},
    )
    odd.to_html(tmp_path / "report.html")
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert page.data()["features"][0][1] == "half \ud83d"
    assert page.texts_of("span", "data-f")[:2] == [
        "no",
        "\N{REPLACEMENT CHARACTER} fever",
    ]


def test_a_notebook_has_texts_series_and_images(explanation):
    markup = explanation[:1]._repr_html_()
    page = Page(markup)
    tags = [(tag, attrs.get("class", "")) for tag, attrs in page.tags]
    assert sum(kind == "sd-text" for _, kind in tags) == 2  # UC, MI
    assert sum(kind == "sd-series" for _, kind in tags) == 2
    assert sum(kind == "sd-over" for _, kind in tags) == 2
    assert not [tag for tag, _ in tags if tag in ("script", "iframe")]
    texts = re.findall("<p class='sd-text'.*?</p>", markup, flags=re.DOTALL)
    tags = [attrs for text in texts for _, attrs in Page(text).tags if "style" in attrs]
    tokens = [attrs["style"] for attrs in tags]
    mine = explanation.feature_modalities == "note"
    coef = np.nan_to_num(explanation.coef[0, :, mine, 0])
    assert len(tokens) == np.count_nonzero(coef)
    # the token of the largest effect is the strongest colour there is
    assert {"--share:1.000", "--share:-1.000"} & set(tokens)
    assert all(
        attrs["class"] == ("sd-down" if "-" in attrs["style"][8:] else "sd-up")
        for attrs in tags
    )


def test_what_is_not_known_is_a_dash():
    assert number_writer([])(np.nan) == "\N{EN DASH}"

"""The report in a real browser: what it shows, what it loads, how keys move it."""

import re
import shutil
from dataclasses import replace

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer, MultimodalArray, PairExplanation
from skdime._results.inputs import ModalityInput
from skdime.perturbers import ImagePerturber, SeriesPerturber, TextPerturber
from tests._results._chromium import NAMES, Chromium, complaints, requests, texts

MINUS = "\N{MINUS SIGN}"
NUMBER = re.compile(r"[-+]?\d+\.?\d*")
TOKEN = "<script>document.title='taken'</script>"
COLUMN = "</script><img src=x onerror=\"document.title='taken'\">"
ROW = "<b onclick=alert(1)>case</b> &amp; {{}} ${row}"
OUTPUT = "<script>throw 1</script>"
TEXTS = [f"no {TOKEN} fever", "severe fever", "no cough", "severe cough"]


def model(X):
    """Two outputs to which all four modalities add, the text together with others."""
    severe = np.array(["severe" in text for text in X["note"]], dtype=float)
    marked = np.array([TOKEN in text for text in X["note"]], dtype=float)
    bump, light = X["ecg"][:, 0, :5].mean(axis=1), X["scan"][:, :3].mean(axis=(1, 2))
    first = severe * bump + X["vitals"][:, 0] * (1 + marked) + light / 100
    return np.column_stack([first, 2 - first * X["vitals"][:, 1]])


@pytest.fixture(scope="module")
def explanation():
    rng = np.random.RandomState(0)
    X = MultimodalArray(
        {
            "note": [TEXTS[i % 4] for i in range(40)],
            "ecg": rng.normal(size=(40, 2, 20)),
            "vitals": rng.normal(size=(40, 20)),
            "scan": rng.randint(256, size=(40, 6, 6)).astype(np.uint8),
        }
    )
    perturbers = [
        ("note", TextPerturber(tokenizer=str.split)),
        ("ecg", SeriesPerturber(n_segments=4)),
        ("scan", ImagePerturber((2, 2))),
    ]
    dis = Disentangler(model, n_references=20, random_state=0)
    explainer = LocalExplainer(dis, perturbers, n_samples=60, random_state=0)
    return renamed(explainer.fit(X).explain(X[:6]))


def renamed(explanation):
    """The same with names that try to be markup."""
    names = explanation.feature_names.astype(object)
    names[explanation.feature_modalities == "vitals"] = [
        COLUMN,
        *[f"a column with a long name, {i}, {'x' * 70}" for i in range(19)],
    ]
    values = replace(
        explanation.decomposition,
        row_names=np.array([f"{ROW} {i}" for i in range(len(explanation))]),
        output_names=np.array(["no", OUTPUT]),
    )
    return replace(explanation, feature_names=names.astype(str), decomposition=values)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("needs Chromium, the package chromium of Debian")
    browser = Chromium(path, tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture
def page(browser, explanation, tmp_path):
    """The browser with the report open, on a screen."""
    path = tmp_path / "report.html"
    explanation.to_html(path)
    browser.resize(1100)
    browser.open(path.as_uri())
    yield browser
    assert complaints(browser) == []
    assert requests(browser) == [path.as_uri()]


def in_other_units(explanation, factor):
    """The same explanation, its numbers multiplied."""

    def multiplied(result, names):
        return {name: factor * getattr(result, name) for name in names.split()}

    values = explanation.decomposition
    names = "output baseline uc mi main baseline_se uc_se mi_se main_se"
    parts = "coef se_references se_perturbations intercept local_prediction"
    return replace(
        explanation,
        decomposition=replace(values, **multiplied(values, names)),
        **multiplied(explanation, parts),
    )


def numbers(browser, selector):
    """Numbers with their standard errors, 0 where there are none."""
    found = [text.replace(MINUS, "-").split(" ± ") for text in texts(browser, selector)]
    return np.array([[float(x) for x in (*pair, "0")[:2]] for pair in found])


def shown_by_steps(explanation, row, c):
    """Baseline, main effects, UC, MI and output, with standard errors."""
    values = explanation.decomposition
    return np.array(
        [
            [values.baseline[c], values.baseline_se[c]],
            *np.column_stack([values.main[row, :, c], values.main_se[row, :, c]]),
            [values.uc[row, c], values.uc_se[row, c]],
            [values.mi[row, c], values.mi_se[row, c]],
            [values.output[row, c], 0],
        ]
    )


def assert_row_is_shown(page, explanation, row, c):
    expected = shown_by_steps(explanation, row, c)
    shown = numbers(page, "#steps .sd-number")
    np.testing.assert_allclose(shown, expected, atol=tolerance(expected))
    positions = page.run(
        "[...document.querySelectorAll('#features [data-f]')].map(e => +e.dataset.f)"
    )
    known = ~np.isnan(explanation.coef[row]).all(axis=(0, 2))
    assert len(positions) == min(15, known.sum())
    coef, se = explanation.coef[row, :, :, c], explanation.se[row, :, :, c]
    sizes = np.nan_to_num(np.abs(coef)).sum(axis=0)
    np.testing.assert_allclose(sizes[positions], np.sort(sizes)[::-1][: len(positions)])
    expected = np.stack([coef[:, positions].T, se[:, positions].T], axis=2)
    shown = numbers(page, "#features :not(.sd-rest) > .sd-part .sd-number")
    atol = tolerance(expected[..., 0])
    np.testing.assert_allclose(shown, expected.reshape(-1, 2), atol=atol)


def tolerance(values):
    """Half of the last of four digits of the largest number, and rounding before."""
    return 0.51 * 10.0 ** (np.floor(np.log10(np.abs(values).max())) - 3)


def test_it_shows_the_numbers_of_the_first_row(page, explanation):
    c = page.run("Number(document.getElementById('output').value)")
    assert_row_is_shown(page, explanation, 0, c)


def test_the_sum_has_the_numbers_of_the_first_row(page, explanation):
    c = page.run("Number(document.getElementById('output').value)")
    (told,) = texts(page, "#sum")
    start = f"Row {ROW} 0: model output of {explanation.output_names[c]} "
    assert told.startswith(start)
    shown = [
        float(x) for x in NUMBER.findall(told.removeprefix(start).replace(MINUS, "-"))
    ]
    values = explanation.decomposition
    parts = values.output, values.uc, values.mi, values.uc_se
    expected = [part[0, c] for part in parts]
    np.testing.assert_allclose(shown, expected, atol=tolerance(expected))


@pytest.mark.parametrize("order, parts", [("uc", [0]), ("mi", [1]), ("given", [])])
def test_features_in_other_orders(page, explanation, order, parts):
    c = page.run("Number(document.getElementById('output').value)")
    page.run(
        f"document.getElementById('order').value = '{order}';"
        "document.getElementById('order').dispatchEvent(new Event('change'))"
    )
    positions = page.run(
        "[...document.querySelectorAll('#features [data-f]')].map(e => +e.dataset.f)"
    )
    sizes = np.nan_to_num(np.abs(explanation.coef[0, parts, :, c])).sum(axis=0)
    assert (np.diff(sizes[positions]) <= 0).all()
    if order == "given":
        assert positions == sorted(positions)


def test_names_show_as_text(page, explanation):
    assert page.run("document.title") == "Explanation: UC and MI"
    assert page.run("document.querySelectorAll('script, b, img[onerror]').length") == 2
    assert texts(page, "#row option") == explanation.row_names.tolist()
    assert texts(page, "#output option") == ["no", OUTPUT]
    assert TOKEN in texts(page, ".sd-text span")
    page.run("document.getElementById('features-more').click()")
    features = texts(page, "#features :not(.sd-rest) > .sd-name")
    assert any(text.startswith(f"vitals: {COLUMN} = ") for text in features)
    assert f"note: {TOKEN}" in features


def test_texts_series_and_images_are_there(page):
    assert texts(page, ".sd-text") == [TEXTS[0]] * 2
    assert page.run("document.querySelectorAll('.sd-series polyline').length") == 4
    assert page.run(
        "[...document.querySelectorAll('.sd-image img')].map(e => e.naturalWidth)"
    ) == [6, 6, 6]


def test_colours_of_an_image_are_its_coefficients(page, explanation):
    held = explanation.inputs["scan"]
    c = page.run("Number(document.getElementById('output').value)")
    labels = held.labels[0]
    coef = explanation.coef[0][:, labels, c]
    known = explanation.feature_modalities == "scan"
    limit = np.abs(explanation.coef[0][:, known, c]).max()
    for p in range(2):
        colours = np.array(page.run(COLOURS_OF_PIXELS.replace("PART", str(p))))
        red, _, _, alpha = colours.reshape(6, 6, 4).transpose(2, 0, 1)
        np.testing.assert_allclose(alpha, 0.75 * np.abs(coef[p]) / limit, atol=0.01)
        strong = alpha > 0.15
        np.testing.assert_array_equal((red > 0.4)[strong], (coef[p] > 0)[strong])


# Red, green, blue and opacity between 0 and 1 of the colour over each pixel.
COLOURS_OF_PIXELS = """(() => {
  const drawing = document.querySelectorAll(".sd-over")[PART];
  drawing.scrollIntoView({ block: "center" });
  const box = drawing.getBoundingClientRect();
  return Array.from({ length: 36 }, (_, i) => {
    const [x, y] = [i % 6, Math.floor(i / 6)];
    const left = box.left + (x + 0.5) * box.width / 6;
    const top = box.top + (y + 0.5) * box.height / 6;
    const fill = getComputedStyle(document.elementFromPoint(left, top)).fill;
    const numbers = fill.match(/[\\d.]+(e-\\d+)?/g).map(Number);
    if (fill.startsWith("color(srgb")) return [...numbers, 1].slice(0, 4);
    return [...numbers.slice(0, 3).map((n) => n / 255), numbers[3] ?? 1];
  });
})()"""


def test_keys_pick_another_row_and_output(page, explanation):
    page.run("document.getElementById('output').focus()")
    page.press(
        "ArrowDown" if page.run("document.activeElement.value") == "0" else "ArrowUp"
    )
    c = page.run("Number(document.activeElement.value)")
    assert_row_is_shown(page, explanation, 0, c)
    page.run("document.getElementById('row').focus()")
    page.press("ArrowDown")
    page.press("ArrowDown")
    assert_row_is_shown(page, explanation, 2, c)
    page.press("Tab")
    assert page.run("document.activeElement.id") == "next"
    page.press("Enter")
    assert_row_is_shown(page, explanation, 3, c)
    page.press("ArrowLeft")
    assert_row_is_shown(page, explanation, 2, c)


def test_left_and_right_stop_at_the_ends(page, explanation):
    page.press("ArrowLeft")
    assert page.run("document.getElementById('row').value") == "0"
    ends = "['previous', 'next'].map(i => document.getElementById(i).ariaDisabled)"
    assert page.run(ends) == ["true", "false"]
    for _ in range(9):
        page.press("ArrowRight")
    assert page.run("document.getElementById('row').value") == "5"
    assert page.run(ends) == ["false", "true"]
    assert_row_is_shown(page, explanation, 5, page.run("Number(output.value)"))


def test_everything_that_reacts_can_be_reached_by_keyboard_and_has_a_name(page):
    found = "document.querySelectorAll('button, select')"
    assert page.run(f"[...{found}].every(e => e.tabIndex === 0)")
    nameless = (
        f"[...{found}].filter(e => !e.ariaLabel && !e.labels.length && !e.textContent)"
    )
    assert page.run(f"{nameless}.length") == 0


def test_all_features_can_be_shown(page, explanation):
    known = int((~np.isnan(explanation.coef[0]).all(axis=(0, 2))).sum())
    assert texts(page, "#features-more") == [f"Show all {known} features"]
    page.run("document.getElementById('features-more').focus()")
    page.press("Enter")
    assert page.run("document.querySelectorAll('#features [data-f]').length") == known
    assert page.run("document.getElementById('features-more').ariaExpanded") == "true"


def test_means_over_all_rows(page, explanation):
    c = page.run("Number(document.getElementById('output').value)")
    values, mean = explanation.decomposition, explanation.mean_abs()[..., c]
    sizes = [*np.abs(values.main[..., c]).mean(axis=0), np.abs(values.mi[:, c]).mean()]
    shown = numbers(page, "#sizes .sd-number")[:, 0]
    np.testing.assert_allclose(shown, sizes, atol=tolerance(sizes))
    strongest = mean[:, np.argsort(-mean.sum(axis=0), kind="stable")[:15]]
    shown = numbers(page, "#means :not(.sd-rest) > .sd-part .sd-number")[:, 0]
    np.testing.assert_allclose(shown, strongest.T.ravel(), atol=tolerance(strongest))


@pytest.mark.parametrize("unit", [1, 1e9, 1e-9])
@pytest.mark.parametrize("width", [320, 390, 768, 1400])
def test_it_fits_the_width_of_a_screen(browser, explanation, tmp_path, width, unit):
    path = tmp_path / "report.html"
    in_other_units(explanation, unit).to_html(path)
    browser.resize(width)
    browser.open(path.as_uri())
    page = browser
    page.run("document.getElementById('features-more').click()")
    root = "document.documentElement"
    assert page.run(f"{root}.clientWidth") <= width
    assert page.run(f"{root}.scrollWidth - {root}.clientWidth") == 0
    assert page.run("visualViewport.scale") == 1


@pytest.mark.parametrize("width", [360, 800, 1400])
@pytest.mark.parametrize("unit", [1, 1e6, 1e-9])
def test_numbers_of_a_scale_do_not_overlap(browser, explanation, tmp_path, width, unit):
    path = tmp_path / "report.html"
    in_other_units(explanation, unit).to_html(path)
    browser.resize(1100)
    browser.open(path.as_uri())
    browser.resize(width)  # the page adapts to a window that changes
    overlaps = browser.run(
        """[...document.querySelectorAll(".sd-ticks")].map((ticks) => {
          const shown = (e) => e.style.visibility !== "hidden";
          const seen = [...ticks.children].filter(shown);
          const boxes = seen.map((e) => e.getBoundingClientRect());
          return boxes.slice(1).filter((box, i) => box.left < boxes[i].right).length;
        }).reduce((a, b) => a + b)"""
    )
    assert overlaps == 0


def test_a_long_text_is_reached_and_scrolled_by_keys(browser, explanation, tmp_path):
    long = " ".join(["no fever"] * 800)
    labels = np.full((len(explanation), len(long)), -1)
    texts = ModalityInput("text", np.array([long] * len(explanation)), labels)
    inputs = explanation.inputs | {"note": texts}
    path = tmp_path / "report.html"
    replace(explanation, inputs=inputs).to_html(path)
    browser.resize(1100)
    browser.open(path.as_uri())
    found = "document.querySelector('.sd-text')"
    assert browser.run(f"{found}.tabIndex") == 0
    assert browser.run(f"{found}.getAttribute('aria-label')").startswith("note, On")


@pytest.mark.parametrize("scheme, dark", [("light", False), ("dark", True)])
def test_letters_differ_from_the_ground(page, scheme, dark):
    feature = {"name": "prefers-color-scheme", "value": scheme}
    page.send("Emulation.setEmulatedMedia", features=[feature])
    style = "getComputedStyle(document.body)"
    ground, ink = (
        np.array(eval(page.run(f"{style}.{name}").replace("rgb", "")))
        for name in ("backgroundColor", "color")
    )
    assert (ink.sum() > ground.sum()) == dark
    assert np.abs(ink - ground).min() > 150


def test_pointing_at_a_token_tells_its_numbers(page, explanation):
    box = page.run(
        "(({x, y, width, height}) => [x + width / 2, y + height / 2])"
        "([...document.querySelectorAll('.sd-text span')].find((e) => "
        "(e.scrollIntoView({block: 'center'}), e.textContent === 'no'))"
        ".getBoundingClientRect())"
    )
    page.send("Input.dispatchMouseEvent", type="mouseMoved", x=box[0], y=box[1])
    told = next(
        t for t in texts(page, ".sd-readout") if t.startswith("\u2068no\u2069: ")
    )
    c = page.run("Number(document.getElementById('output').value)")
    uc, mi = explanation[:1].sel(feature="no")[0, :, c]
    shown = [float(x) for x in NUMBER.findall(told.replace(MINUS, "-"))]
    np.testing.assert_allclose([shown[0], shown[2]], [uc, mi], atol=2e-3)


def test_a_page_of_no_rows(browser, explanation, tmp_path):
    path = tmp_path / "report.html"
    explanation[:0].to_html(path)
    browser.open(path.as_uri())
    assert complaints(browser) == []
    assert "0 rows" in texts(browser, "#about")[0]


def test_the_page_may_load_nothing_even_if_told_to(browser, explanation, tmp_path):
    path = tmp_path / "report.html"
    explanation.to_html(path)
    browser.open(path.as_uri())
    browser.run("(document.body.append(document.createElement('iframe')), 0)")
    browser.run("document.querySelector('iframe').src = 'http://127.0.0.1:9/'; 0")
    browser.run(
        "(document.head.append(Object.assign(document.createElement('script'), "
        "{textContent: \"document.title = 'taken'\"})), 0)"
    )
    assert browser.run("document.title") == "Explanation: UC and MI"
    assert complaints(browser)
    assert requests(browser) == [path.as_uri()]


def pairs_with_the_image(explanation):
    """Made-up effects of the words of each row with the regions of its image."""
    words, regions = (explanation.feature_modalities == m for m in ("note", "scan"))
    coef = np.random.RandomState(1).normal(size=(6, words.sum(), regions.sum(), 2))
    coef[np.isnan(explanation.coef[:, 0, words, 0])] = np.nan
    return PairExplanation(
        coef=coef,
        se=np.abs(coef) / 10,
        r2=np.ones((6, 2)),
        rest=np.zeros((6, 2)),
        mi=np.nansum(coef, axis=(1, 2)),
        first_names=explanation.feature_names[words],
        second_names=explanation.feature_names[regions],
        first_values=explanation.feature_values[:, words],
        second_values=explanation.feature_values[:, regions],
        modality_names=np.array(["note", "scan"]),
        row_names=explanation.row_names,
        output_names=explanation.output_names,
        unit=explanation.unit,
    )


def test_words_light_up_the_image_under_the_pointer_and_by_keys(
    browser, explanation, tmp_path
):
    path, pairs = tmp_path / "report.html", pairs_with_the_image(explanation)
    explanation.to_html(path, pairs=pairs)
    browser.resize(1100)
    browser.open(path.as_uri())
    c = browser.run("Number(document.getElementById('output').value)")
    coef = pairs.coef[0, :, :, c]
    sizes = np.nan_to_num(np.abs(pairs.coef[0])).sum(axis=1).max(axis=1)
    strongest = np.argsort(-sizes)[: (sizes > 0).sum()]
    names = pairs.first_names[strongest].tolist()
    assert texts(browser, "#words button") == names
    shares = coef[strongest] / np.nanmax(np.abs(coef))

    def lit():
        pressed = browser.run(
            "[...document.querySelectorAll('#words button')].findIndex("
            "(b) => b.ariaPressed === 'true')"
        )
        shown = browser.run(
            "[...document.querySelectorAll('#map [data-f]')].map("
            "(e) => Number(e.style.getPropertyValue('--share')))"
        )
        np.testing.assert_allclose(shown, shares[pressed], atol=1e-3)
        assert names[pressed] in texts(browser, "#pair")[0]
        return pressed

    assert lit() == np.abs(shares).sum(axis=1).argmax()
    browser.run(
        "document.querySelectorAll('#words button')[1].dispatchEvent("
        "new Event('pointerenter'))"
    )
    assert lit() == 1
    browser.run("document.querySelectorAll('#words button')[1].focus()")
    browser.press("ArrowUp")
    assert lit() == 0
    assert complaints(browser) == []
    assert requests(browser) == [path.as_uri()]


def test_without_pairs_there_is_no_section_of_them(page):
    assert page.run("document.getElementById('pairs').hidden")

"""The report as text: what it holds, and what it must not."""

from dataclasses import replace

import numpy as np
import pytest

from skdime import PairExplanation
from skdime._results.concatenation import blank, concatenated
from tests._results._explained import (
    CLOSING,
    SCRIPT,
    TOKEN,
    Page,
    assert_written,
    explanation_of,
    numbers_of,
    read_number,
)


@pytest.fixture(scope="module")
def explanation():
    return explanation_of(np.random.RandomState(0))


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
            bars, origin, ticks, rests = view["features"]
            assert_written(numbers_of(rests)[..., 0], explanation.rest[i, :, :, c].T)
            ends, reach, starts = (
                np.array([[bar[k] for bar in pair] for pair in bars]) for k in (2, 3, 4)
            )
            here = row["features"]
            coef, se = (
                explanation.coef[i][:, here, c].T,
                explanation.se[i][:, here, c].T,
            )
            ends_of_rests = np.array([[bar[2] for bar in pair] for pair in rests])
            rest = explanation.rest[i, :, :, c].T
            unit = np.ptp(ends) / np.ptp(coef)
            np.testing.assert_allclose(ends_of_rests - origin, unit * rest, atol=0.05)
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


def test_sums_close(explanation):
    for i, row in enumerate(Page(explanation.to_html()).data()["rows"]):
        values = explanation.decomposition
        for c, view in enumerate(row["views"]):
            lines = [[read_number(text) for text in line] for line in view["sums"]]
            sums = np.array(lines)
            np.testing.assert_allclose(sums[:, 0] + sums[:, 1], sums[:, 2], atol=0.002)
            effects = np.stack([values.main[i, :, c], [values.mi[i, c]] * 4], axis=1)
            assert_written(sums[:, 2], effects.ravel())


def test_the_strip_has_all_steps_up_to_the_output_and_from_it(explanation):
    values = explanation.decomposition
    for i, row in enumerate(Page(explanation.to_html()).data()["rows"]):
        for c, view in enumerate(row["views"]):
            pieces, mark = view["strip"]
            effects = np.append(values.main[i, :, c], values.mi[i, c])
            unit = 100 / np.abs(effects).sum()
            widths = {kind: end - start for kind, start, end, _ in pieces}
            kinds = [*(f"sd-m{m}" for m in range(4)), "sd-mi"]
            drawn = [widths[kind] for kind in kinds]
            np.testing.assert_allclose(drawn, unit * effects, atol=0.05)
            assert mark == pytest.approx(unit * effects[effects > 0].sum(), abs=0.05)
            places = sorted(min(piece[1:3]) for piece in pieces)
            gaps = sorted(max(piece[1:3]) for piece in pieces)
            np.testing.assert_allclose(places[1:], gaps[:-1], atol=0.05)


@pytest.fixture(scope="module")
def seen():
    """Rows of a table and an image, and made-up pairs of the two."""
    rng = np.random.RandomState(0)
    explanation = explanation_of(rng)
    names = explanation.feature_names[:4]
    coef = rng.normal(size=(3, 4, 2, 2))
    pairs = PairExplanation(
        coef=coef,
        se=np.abs(coef) * rng.choice([0.1, 0.6], size=coef.shape),
        r2=np.ones((3, 2)),
        rest=np.full((3, 2), np.nan),
        mi=explanation.decomposition.mi,
        first_names=names,
        second_names=np.array(["left", "right"]),
        first_values=explanation.feature_values[:, :4],
        second_values=explanation.feature_values[:, -2:],
        modality_names=explanation.modality_names[[0, 3]],
        row_names=explanation.row_names,
        output_names=explanation.output_names,
        unit="probability",
    )
    return explanation, pairs


def test_a_page_without_pairs_has_none(seen):
    explanation, _ = seen
    data = Page(explanation.to_html()).data()
    assert not any("pairs" in row for row in data["rows"])


def test_words_light_up_regions(seen):
    explanation, pairs = seen
    data = Page(explanation.to_html(pairs=pairs)).data()
    for i, row in enumerate(data["rows"]):
        sure = np.where(np.abs(pairs.coef) >= 2 * pairs.se, pairs.coef, 0)[i]
        order = np.argsort(-np.abs(sure).sum(axis=1).max(axis=1), kind="stable")
        starts = np.array(["</", "$s", "c0", "c1"])[order].tolist()
        assert [word[:2] for word in row["pairs"]["words"]] == starts
        assert row["pairs"]["regions"] == [9, 10]
        assert row["pairs"]["input"] == 2  # after the note and the ECG
        for c, view in enumerate(row["views"]):
            coef, se = pairs.coef[i, order, :, c], pairs.se[i, order, :, c]
            # what is below two standard errors has no colour
            shown = np.where(np.abs(coef) >= 2 * se, coef, 0)
            shares = shown / np.abs(shown).max()
            np.testing.assert_allclose(view["pairs"]["shares"], shares, atol=1e-3)
            expected = shown.sum(axis=1) / np.abs(shown.sum(axis=1)).max()
            np.testing.assert_allclose(view["pairs"]["sums"], expected, atol=1e-3)
            assert view["pairs"]["start"] == np.abs(shown).sum(axis=1).argmax()
            sums = coef.sum(axis=1)
            for w, text in enumerate(view["pairs"]["texts"]):
                assert read_number(text.split()[0]) == pytest.approx(sums[w], abs=1e-3)
                assert ("left", "right")[np.abs(coef[w]).argmax()] in text


def test_pairs_of_some_rows_and_of_other_models(seen):
    explanation, pairs = seen
    data = Page(explanation.to_html(pairs=pairs[[1]])).data()
    assert ["pairs" in row for row in data["rows"]] == [False, True, False]
    other = replace(pairs, output_names=np.array(["no", "yes"]))
    with pytest.raises(ValueError, match="`pairs` must be of the same outputs"):
        explanation.to_html(pairs=other)
    tables = replace(pairs, modality_names=explanation.modality_names[[0, 0]])
    with pytest.raises(ValueError, match="must be an image or a series"):
        explanation.to_html(pairs=tables)


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
    assert "0 rows" in explanation[:0]._repr_html_()


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
    assert page.data()["features"][0][1] == "half \N{REPLACEMENT CHARACTER}"
    assert page.texts_of("span", "data-f")[:2] == [
        "no",
        "\N{REPLACEMENT CHARACTER} fever",
    ]


def test_rows_that_could_not_be_explained_have_no_bars(explanation):
    joined = concatenated([blank(explanation, np.array(["failed"])), explanation])
    data = Page(joined.to_html()).data()
    view = data["rows"][0]["views"][0]
    _, *effects, _, _, output = view["steps"][0]
    assert all(bar[2:4] == [None, None] for bar in (*effects, output))
    assert output[0] == "\N{EN DASH}"
    assert data["rows"][0]["features"] == view["features"][0] == []
    assert data["all"]["views"] == Page(explanation.to_html()).data()["all"]["views"]
    assert "failed" in joined[0]._repr_html_()

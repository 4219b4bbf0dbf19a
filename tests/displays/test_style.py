"""Colours of modalities, and of whiskers on them."""

import numpy as np

from tests.displays._pictures import draw_table


def test_a_modality_has_one_colour_in_all_displays(many, pyplot):
    """Also where the display shows fewer modalities."""
    from matplotlib.colors import to_rgba

    share = draw_table("ModalityShareDisplay", many, max_display=3)
    bars = draw_table("GlobalBarDisplay", many)
    dots = draw_table("SurrogateDisplay", many, max_display=3)
    of_bars = {
        name: (bar.get_facecolor(), bar.get_hatch())
        for name, bar in zip(
            bars.feature_modalities, bars.axes_[0].patches[:9], strict=True
        )
    }
    assert len(set(of_bars.values())) == 9
    for name, drawn in zip(share.term_names[:3], share._bars[:3], strict=True):
        assert (drawn[0].get_facecolor(), drawn[0].get_hatch()) == of_bars[name]
    for name, drawn in zip(dots.shown_names, dots._dots[0], strict=True):
        assert to_rgba(drawn.get_facecolor()[0], 1) == of_bars[name][0]


def contrast(one, other):
    """Ratio of luminances as WCAG defines it."""
    from matplotlib.colors import to_rgb

    def luminance(colour):
        rgb = np.array(to_rgb(colour))
        linear = np.where(rgb <= 0.03928, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722]

    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_whiskers_are_seen_on_every_colour(product_explanation, pyplot):
    from skdime.displays._style import INTERACTION, PALETTE, RIM, WHISKER

    for ground in (*PALETTE, INTERACTION, "white", "black"):
        assert max(contrast(ground, WHISKER), contrast(ground, RIM)) > 3
    shown = draw_table("GlobalBarDisplay", product_explanation)
    lines = shown.axes_[0].collections
    assert any(line.get_path_effects() for line in lines)

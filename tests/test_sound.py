"""Sound, as a waveform and as a spectrogram: a tone is found where it was planted."""

import numpy as np
import pytest
from scipy import signal

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime.perturbers import ImagePerturber, SeriesPerturber

RATE = 800
N = 40


def spectrogram(sound):
    return np.abs(signal.stft(sound, RATE, nperseg=64)[2])


def planted(frequency, start):
    """Noise, half of it with a tone for an eighth of a second, beside a number."""
    rng = np.random.RandomState(0)
    time = np.arange(RATE) / RATE
    here = (time >= start) & (time < start + 0.125)
    tone = np.sin(2 * np.pi * frequency * time) * here
    heard = np.arange(N) % 2 == 0
    sound = 0.1 * rng.normal(size=(N, RATE)) + heard[:, None] * tone
    return sound, rng.normal(size=(N, 1))


def largest(rows, model, perturber):
    """The feature of the sound with the largest effect, over rows with the tone."""
    dis = Disentangler(model, random_state=0)
    explainer = LocalExplainer(dis, [("sound", perturber)], random_state=0).fit(rows)
    found = explainer.explain(rows[np.arange(0, N, 8)])
    strength = found.mean_abs()[:, found.feature_modalities == "sound", 0]
    return [str(found.feature_names[position]) for position in strength.argmax(axis=1)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("frequency", "start", "stretch"), [(150, 0.5, 4), (350, 0.125, 1)]
)
def test_a_tone_is_found_in_its_band_and_stretch(frequency, start, stretch):
    sound, gain = planted(frequency, start)
    near = slice(frequency * 32 // 400 - 2, frequency * 32 // 400 + 3)

    def loudness(bands, gain):
        return bands[:, near].mean(axis=(1, 2)) * (2 + gain[:, 0])

    # features of UC and of MI, which the gain multiplies
    waves = largest(
        MultimodalArray(sound=sound, gain=gain),
        lambda X: loudness(spectrogram(X["sound"]), X["gain"]),
        SeriesPerturber(8),
    )
    assert waves == [f"[{100 * stretch}:{100 * stretch + 100}]"] * 2
    pictures = largest(
        MultimodalArray(sound=spectrogram(sound), gain=gain),
        lambda X: loudness(X["sound"], X["gain"]),
        ImagePerturber((4, 8), replacement="reference"),
    )
    assert pictures == [f"r{frequency // 100}c{stretch}"] * 2

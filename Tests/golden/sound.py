#!/usr/bin/env python3
"""Golden values of Tests/MyelinTests/Data/SoundTests.swift, by scipy and numpy in float64.

    pip install scipy numpy && python3 Tests/golden/sound.py

A sound of 400 samples at 8000 Hz: two tones. Its log-mel spectrogram with frames of 60 samples (2·2·3·5), 25 apart, of 6 bands:
scipy's STFT, and filters as librosa 0.11 makes them (htk=False, norm="slaney"). Then slopes over 5 frames, as
librosa.feature.delta(width=5, mode="nearest").
"""

import numpy
import scipy.signal

RATE, WINDOW, HOP, BANDS = 8000, 60, 25, 6
n = numpy.arange(400)
x = 0.5 * numpy.sin(2 * numpy.pi * 440 * n / RATE) + 0.25 * numpy.cos(2 * numpy.pi * 1500 * n / RATE)
x = x.astype(numpy.float32).astype(numpy.float64)


def mel_to_hertz(mel):
    return numpy.where(mel < 15, mel * 200 / 3, 1000 * numpy.exp((mel - 15) * numpy.log(6.4) / 27))


def hertz_to_mel(hertz):
    return numpy.where(hertz < 1000, hertz * 3 / 200, 15 + numpy.log(numpy.maximum(hertz, 1) / 1000) * 27 / numpy.log(6.4))


edges = mel_to_hertz(numpy.linspace(hertz_to_mel(0.0), hertz_to_mel(RATE / 2), BANDS + 2))
frequencies = numpy.arange(WINDOW // 2 + 1) * RATE / WINDOW
rise = (frequencies[None] - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
fall = (edges[2:, None] - frequencies[None]) / (edges[2:] - edges[1:-1])[:, None]
filters = numpy.maximum(0, numpy.minimum(rise, fall)) * (2 / (edges[2:] - edges[:-2]))[:, None]

padded = numpy.pad(x, WINDOW // 2)
window = scipy.signal.get_window("hann", WINDOW)
frames = len(x) // HOP + 1
spectrum = numpy.stack([numpy.fft.rfft(padded[HOP * i : HOP * i + WINDOW] * window) for i in range(frames)])
logs = numpy.log(numpy.maximum(numpy.abs(spectrum) ** 2 @ filters.T, 1e-10))
slopes = scipy.signal.savgol_filter(numpy.pad(logs, ((4, 4), (0, 0)), mode="edge"), 5, polyorder=1, deriv=1, axis=0)[4:-4]
for name, values in (("log-mel", logs), ("slopes", slopes)):
    print(name, values.shape)
    for row in (0, 1, 8, 16):
        print("   ", row, ", ".join(f"{value:.6g}" for value in values[row]))

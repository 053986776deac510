#!/usr/bin/env python3
"""GARCH(1,1), the same with asymmetric shocks (GARCH1), and HARCH on the test days of the recipe `trading`, by arch.

    pip install arch && python3 Benchmarks/peers/volatility.py

Sixteen euro exchange rates, the last fifth of the days from the 251st on; QLIKE is the mean of log h + r²/h. Parameters
are fitted to all days before, and h goes on with them from day to day.
"""

import gzip
import pathlib

import numpy
from arch import arch_model

DATA = pathlib.Path(__file__).resolve().parents[2] / "Sources/MyelinModels/Resources/ecb-fx.csv.gz"
MODELS = (
    {"vol": "GARCH", "p": 1, "q": 1},
    {"vol": "GARCH", "p": 1, "o": 1, "q": 1},
    {"vol": "HARCH", "lags": [1, 5, 22]},
)
lines = gzip.open(DATA, "rt").read().split()
names = lines[0].split(",")[1:]
rates = numpy.array([[float(value) for value in line.split(",")[1:]] for line in lines[1:]])
total = []
for name, column in zip(names, rates.T):
    if name == "DKK":
        continue
    changes = 100 * numpy.diff(numpy.log(column))
    start = len(changes) - round(0.2 * (len(changes) - 250))
    for volatility in MODELS:
        model = arch_model(changes, mean="Zero", rescale=False, **volatility)
        fit = model.fit(last_obs=start, disp="off")
        h = model.fix(fit.params).conditional_volatility[start:] ** 2
        qlike = numpy.mean(numpy.log(h) + changes[start:] ** 2 / h)
        total.append((volatility["vol"] + str(volatility.get("o", "")), name, qlike))
for kind in dict.fromkeys(kind for kind, _, _ in total):
    print(kind, f"{numpy.mean([q for k, _, q in total if k == kind]):.4f}")
    print("  ", ", ".join(f"{name} {q:.4f}" for k, name, q in total if k == kind))

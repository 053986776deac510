#!/usr/bin/env python3
"""Golden values of Tests/MyelinTests/Models/VolatilityTests.swift, by arch.

    pip install arch && python3 Tests/golden/garch.py

Changes of a GARCH(1,1) with ω = 0.05, α = 0.1, β = 0.85 whose shocks are sums of twelve numbers of a linear congruential
generator, less 6: near to normal, the same everywhere.
"""

from arch import arch_model

state, h, changes = 12345, 1.0, []
for _ in range(2000):
    shock = -6.0
    for _ in range(12):
        state = (1103515245 * state + 12345) % 2147483648
        shock += state / 2147483648
    change = h**0.5 * shock
    changes.append(change)
    h = 0.05 + 0.1 * change * change + 0.85 * h
fit = arch_model(changes, mean="Zero", vol="GARCH", p=1, q=1, rescale=False).fit(disp="off", options={"ftol": 1e-12})
print(fit.params.round(5).to_dict())
print("last variance", fit.conditional_volatility[-1] ** 2, "next", fit.forecast(horizon=1).variance.iloc[-1, 0])

#!/usr/bin/env python3
"""Golden values of Tests/MyelinTests/Optimizers/MatrixOptimizerTests.swift, in float64 by numpy, from the papers' formulas.

    pip install numpy==2.4.0 && python3 Tests/golden/matrix_optimizers.py

A weight [2, 3] and a bias [3], the loss sum of c (p - t)^2 over both, five steps each.
"""

import numpy as np

W = np.array([[1.0, -2.0, 0.5], [0.25, 1.5, -1.0]])
B = np.array([0.3, -0.7, 2.0])
TARGETS = np.array([[0.3, -0.7, 2.0], [-1.0, 3.0, 0.0]]), np.array([1.0, 1.0, -1.0])
CURVATURES = np.array([[1.0, 4.0, 0.25], [0.5, 2.0, 1.0]]), np.array([1.0, 0.5, 2.0])


def gradients(parameters):
    return [2 * c * (p - t) for p, t, c in zip(parameters, TARGETS, CURVATURES)]


def decayed(direction, value, decay, cautious):
    return direction + decay * value * ((direction * value > 0) if cautious else 1)


def adam(state, gradient, step, beta1, beta2, epsilon):
    state["m"] = beta1 * state.get("m", 0) + (1 - beta1) * gradient
    state["v"] = beta2 * state.get("v", 0) + (1 - beta2) * gradient**2
    return state["m"] / (1 - beta1**step) / (np.sqrt(state["v"] / (1 - beta2**step)) + epsilon)


def orthogonalized(x):
    high = x.shape[0] > x.shape[1]
    y = x.T if high else x
    y = y / (np.linalg.norm(y) + 1e-7)
    for _ in range(5):
        a = y @ y.T
        y = 3.4445 * y + (-4.7750 * a + 2.0315 * a @ a) @ y
    return y.T if high else y


def lion(value, gradient, state, step, cautious=False):
    m = state.get("m", 0)
    direction = np.sign(0.9 * m + 0.1 * gradient)
    state["m"] = 0.99 * m + 0.01 * gradient
    return value - 0.1 * decayed(direction, value, 0.2, cautious)


def lamb(value, gradient, state, step):
    direction = adam(state, gradient, step, 0.9, 0.999, 1e-6) + 0.1 * value
    return value - 0.1 * np.linalg.norm(value) / np.linalg.norm(direction) * direction


def muon(value, gradient, state, step):
    if value.ndim == 2:
        state["m"] = 0.95 * state.get("m", 0) + gradient
        scale = max(1, value.shape[1] / value.shape[0]) ** 0.5
        direction, rate = scale * orthogonalized(gradient + 0.95 * state["m"]), 0.05
    else:
        direction, rate = adam(state, gradient, step, 0.9, 0.95, 1e-10), 0.01
    return value - rate * decayed(direction, value, 0.1, False)


OPTIMIZERS = {
    "Lion": lion,
    "cautious Lion": lambda *a: lion(*a, cautious=True),
    "LAMB": lamb,
    "Muon": muon,
}

for name, update in OPTIMIZERS.items():
    parameters, states = [W, B], [{}, {}]
    for step in range(1, 6):
        parameters = [update(p, g, s, step) for p, g, s in zip(parameters, gradients(parameters), states)]
    values = np.concatenate([p.ravel() for p in parameters])
    print(f'"{name}": {[float(f"{x:.8g}") for x in values]},')

#!/usr/bin/env python3
"""Golden values of Tests/MyelinTests/Optimizers/LateStartTests.swift, in float64 by PyTorch.

    pip install torch==2.13.0 && python3 Tests/golden/optimizers.py

Two parameters and the loss c_a (a - t_a)^2 + c_b (b - t_b)^2. `b` is frozen for the first steps, trained for some,
frozen again, and trained again: PyTorch counts the steps of each parameter on its own.
"""

import torch

torch.set_default_dtype(torch.float64)

FROZEN = [True] * 1000 + [False] * 3 + [True] * 2 + [False] * 2

OPTIMIZERS = {
    "SGD with dampening": lambda p: torch.optim.SGD(p, 0.01, momentum=0.9, dampening=0.5),
    "Nesterov": lambda p: torch.optim.SGD(p, 0.01, momentum=0.9, nesterov=True, weight_decay=0.01),
    "Adam": lambda p: torch.optim.Adam(p, 0.01),
    "Adam with decay": lambda p: torch.optim.Adam(p, 0.01, betas=(0.8, 0.99), weight_decay=0.02),
    "AdamW": lambda p: torch.optim.AdamW(p, 0.01, weight_decay=0.1),
    "RMSProp": lambda p: torch.optim.RMSprop(p, 0.001, alpha=0.9, momentum=0.5),
    "Adagrad": lambda p: torch.optim.Adagrad(p, 0.1, eps=1e-10),
}


def run(make):
    a = torch.tensor([1.0, -2.0, 0.5], requires_grad=True)
    b = torch.tensor([0.25, 1.5], requires_grad=True)
    target_a, curvature_a = torch.tensor([0.3, -0.7, 2.0]), torch.tensor([1.0, 4.0, 0.25])
    target_b, curvature_b = torch.tensor([-1.0, 3.0]), torch.tensor([0.5, 2.0])
    optimizer = make([a, b])
    for frozen in FROZEN:
        b.requires_grad_(not frozen)
        optimizer.zero_grad(set_to_none=True)
        ((curvature_a * (a - target_a) ** 2).sum() + (curvature_b * (b - target_b) ** 2).sum()).backward()
        optimizer.step()
    return b.tolist()


for name, make in OPTIMIZERS.items():
    print(f'"{name}": {[float(f"{x:.8g}") for x in run(make)]},')

#!/usr/bin/env python3
"""Golden values of Tests/MyelinTests/Losses/PictureLossTests.swift, in float64 by PyTorch.

    pip install torch==2.13.0 && python3 Tests/golden/losses.py

Each loss with the gradient by its first argument.
"""

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)


def show(name, loss, argument):
    (gradient,) = torch.autograd.grad(loss, argument, retain_graph=True)
    print(f'"{name}": {float(f"{loss.item():.7g}")}, {[float(f"{x:.7g}") for x in gradient.flatten().tolist()]}')


z = torch.tensor([2.0, -1.0, 0.5, -30.0, 30.0], requires_grad=True)
t = torch.tensor([1.0, 0.0, 0.0, 1.0, 1.0])
p = torch.sigmoid(z)
entropy = F.binary_cross_entropy_with_logits(z, t, reduction="none")
right = p * t + (1 - p) * (1 - t)
weight = 0.25 * t + 0.75 * (1 - t)
show("focal", (weight * (1 - right) ** 2 * entropy).mean(), z)
show("focal without alpha", ((1 - right) ** 1.5 * entropy).mean(), z)
x = torch.tensor([0.25, -3.0, 1.0], requires_grad=True)
show("smooth l1", F.smooth_l1_loss(x, torch.tensor([0.0, 1.0, 0.8]), beta=0.5), x)
a = torch.tensor([[1.0, 2.0], [0.5, -1.0], [3.0, 0.0]], requires_grad=True)
b = torch.tensor([[1.5, 1.0], [0.0, -1.0], [-3.0, 1.0]])
c = torch.tensor([[0.0, 2.5], [4.0, 4.0], [3.0, 0.5]])
show("triplet", F.triplet_margin_loss(a, b, c, margin=0.7), a)
similarity = F.normalize(a) @ F.normalize(b).T / 0.2
show("infoNCE", F.cross_entropy(similarity, torch.arange(3)), a)
boxes = torch.tensor([[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 1.0, 1.0], [1.0, 1.0, 4.0, 3.0]], requires_grad=True)
truth = torch.tensor([[1.0, 1.0, 3.0, 3.0], [2.0, 0.5, 3.0, 1.25], [1.5, 0.5, 3.5, 2.5]])


def area(s):
    return (s[2] - s[0]).clamp(min=0) * (s[3] - s[1]).clamp(min=0)


p, q = boxes.T, truth.T
inner = area([torch.maximum(p[0], q[0]), torch.maximum(p[1], q[1]), torch.minimum(p[2], q[2]), torch.minimum(p[3], q[3])])
outer = area([torch.minimum(p[0], q[0]), torch.minimum(p[1], q[1]), torch.maximum(p[2], q[2]), torch.maximum(p[3], q[3])])
union = area(p) + area(q) - inner
show("generalized overlap", (1 - inner / union + (outer - union) / outer).mean(), boxes)

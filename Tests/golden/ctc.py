#!/usr/bin/env python3
"""Golden values of Tests/MyelinTests/Losses/CTCTests.swift, by PyTorch.

    pip install torch && python3 Tests/golden/ctc.py

Three strings of 20, 14 and 9 steps with 5 classes, logits 2 sin(1 + 0.7 i) for the i-th number; labels of 6, 0 and 3
letters, class 0 the blank.
"""

import torch

logits = (2 * torch.sin(1 + 0.7 * torch.arange(3 * 20 * 5, dtype=torch.float64))).reshape(3, 20, 5).requires_grad_()
labels = torch.tensor([[1, 2, 2, 3, 4, 4], [0, 0, 0, 0, 0, 0], [4, 1, 3, 0, 0, 0]])
losses = torch.nn.functional.ctc_loss(
    logits.log_softmax(-1).transpose(0, 1), labels, torch.tensor([20, 14, 9]), torch.tensor([6, 0, 3]), reduction="none")
losses.mean().backward()
print("losses", losses.tolist(), "mean", losses.mean().item())
for place in ((0, 0), (0, 11), (1, 13), (2, 4), (2, 8), (2, 9)):
    print(place, [round(value, 6) for value in logits.grad[place].tolist()])

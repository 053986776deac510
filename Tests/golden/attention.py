#!/usr/bin/env python3
"""Writes Tests/MyelinTests/Layers/AttentionGolden.swift: golden values of attention, in float64 by PyTorch.

    pip install torch==2.13.0 && python3 Tests/golden/attention.py > Tests/MyelinTests/Layers/AttentionGolden.swift
    swift format -i Tests/MyelinTests/Layers/AttentionGolden.swift

Inputs come from a formula that Swift repeats: queries [2, 3, 4, 2], keys and values [2, 5, heads, 2]. Of each case the output and
the gradients of sum(output * w) by queries, keys and values.
"""

import torch

torch.set_default_dtype(torch.float64)


def values(shape, step):
    """Between -1 and 1, without pattern: the same formula as `values` in Swift."""
    count = torch.Size(shape).numel()
    return torch.tensor([((i * step * 7919 + 104729) % 10007) / 5003.5 - 1 for i in range(count)]).reshape(shape)


places, keys = torch.arange(2, 5)[:, None], torch.arange(5)[None]
CASES = {
    "plain": (4, None),
    "grouped": (2, None),
    "causal": (4, keys <= places),
    "window": (1, (keys <= places) & (keys > places - 2)),
    "lengths": (2, (keys < torch.tensor([3, 5])[:, None])[:, None, None]),
    "bias": (4, values((4, 3, 5), 13)),
}

print("// Made by Tests/golden/attention.py.\nlet attentionGolden: [String: [Float]] = [")
for name, (heads, mask) in CASES.items():
    q = values((2, 3, 4, 2), 1).requires_grad_()
    k, v = (values((2, 5, heads, 2), step).requires_grad_() for step in (3, 7))
    y = torch.nn.functional.scaled_dot_product_attention(
        *(x.transpose(1, 2) for x in (q, k, v)), attn_mask=mask, enable_gqa=True
    ).transpose(1, 2)
    found = torch.autograd.grad((y * values((2, 3, 4, 2), 11)).sum(), (q, k, v))
    for key, tensor in zip(("y", "dq", "dk", "dv"), (y, *found)):
        print(f'    "{name} {key}": {[float(f"{x:.7g}") for x in tensor.flatten().tolist()]},')
print("]")

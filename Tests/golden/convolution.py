#!/usr/bin/env python3
"""Golden values of Tests/CKernelsTests/ConvolutionTests.swift, in float64 by PyTorch.

    pip install torch==2.13.0 && python3 Tests/golden/convolution.py

Of each case: the sums, weighted by 1, 2, ... 7, 1, 2, ..., of output, input gradient, weight gradient and bias gradient,
and of the transposed convolution; channels last. Inputs are small integers, so that a sum is the same in float32.
"""

import torch
import torch.nn.functional as functional

torch.set_default_dtype(torch.float64)

# batch, height, width, inputs, outputs, kernel, stride, dilation, padding (y, x), groups
CASES = [
    (2, 5, 6, 3, 4, (3, 3), (1, 1), (1, 1), (1, 1), 1),
    (2, 7, 8, 4, 6, (3, 2), (2, 3), (1, 2), (2, 1), 2),
    (1, 6, 5, 5, 5, (3, 3), (2, 1), (1, 1), (1, 1), 5),
    (3, 1, 9, 2, 3, (1, 4), (1, 2), (1, 1), (0, 3), 1),
    (1, 5, 5, 2, 3, (2, 2), (3, 3), (1, 1), (0, 0), 1),
]


def numbers(seed, *shape):
    """-2 ... 2, one after the other with steps of `seed`."""
    count = torch.Size(shape).numel()
    return torch.tensor([float((i * seed + i // 5) % 5 - 2) for i in range(count)]).reshape(shape)


def checksum(x):
    x = x.reshape(-1)
    return sum(float(v) * (i % 7 + 1) for i, v in enumerate(x))


def channels_first(x):
    return x.permute(0, 3, 1, 2)


def channels_last(x):
    return x.permute(0, 2, 3, 1).contiguous()


for batch, height, width, inputs, outputs, kernel, stride, dilation, padding, groups in CASES:
    x = numbers(3, batch, height, width, inputs).requires_grad_()
    w = numbers(7, *kernel, inputs // groups, outputs).requires_grad_()  # [kh, kw, inputs / groups, outputs]
    bias = numbers(2, outputs).requires_grad_()
    weight = w.permute(3, 2, 0, 1)
    y = functional.conv2d(channels_first(x), weight, bias, stride, padding, dilation, groups)
    y = channels_last(y)
    dy = numbers(4, *y.shape)
    y.backward(dy)
    # The outputs that no kernel reaches are told by the shape that the gradient has.
    over = [
        size - ((out - 1) * s - 2 * p + d * (k - 1) + 1)
        for size, out, s, p, d, k in zip((height, width), y.shape[1:3], stride, padding, dilation, kernel)
    ]
    # The transposed convolution's weights, [outputs, inputs / groups, kh, kw], are those of conv2d.
    transposed = functional.conv_transpose2d(
        channels_first(dy), weight.detach(), None, stride, padding, over, groups, dilation
    )
    sums = [y.detach(), x.grad, w.grad, bias.grad, channels_last(transposed)]
    print(f"    {[checksum(s) for s in sums]},")

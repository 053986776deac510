#!/usr/bin/env python3
"""Writes Tests/MyelinTests/Layers/PictureGolden.swift: golden values of picture layers, in float64 by PyTorch.

    pip install torch==2.13.0 && python3 Tests/golden/picture_layers.py > Tests/MyelinTests/Layers/PictureGolden.swift
    swift format -i Tests/MyelinTests/Layers/PictureGolden.swift

Inputs come from formulas that Swift repeats; arrays are turned to channels-last before they are printed. Of each layer: its
output, the gradients of sum(output * w) by its input and parameters, and what training leaves in its buffers.
"""

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)


def values(count, step):
    """Between -1 and 1, without pattern: the same formula as `values` in Swift."""
    return torch.tensor([((i * step * 7919 + 104729) % 10007) / 5003.5 - 1 for i in range(count)])


def image(n, h, w, c, step):
    return values(n * h * w * c, step).reshape(n, h, w, c).permute(0, 3, 1, 2)


def show(name, tensor):
    if tensor.dim() == 4:
        tensor = tensor.permute(0, 2, 3, 1)
    print(f'    "{name}": {[float(f"{x:.7g}") for x in tensor.flatten().tolist()]},')


def gradients(name, output, inputs):
    show(f"{name} y", output)
    if output.dim() == 4:
        n, c, h, w = output.shape
        weights = image(n, h, w, c, 5)
    else:
        weights = values(output.numel(), 5).reshape(output.shape)
    found = torch.autograd.grad((output * weights).sum(), inputs.values(), retain_graph=True)
    for key, gradient in zip(inputs, found):
        show(f"{name} d{key}", gradient)


def leaves(n, h, w, c):
    x = image(n, h, w, c, 1).clone().requires_grad_()
    gamma = (values(c, 2) + 1.5).requires_grad_()
    beta = values(c, 3).requires_grad_()
    return x, gamma, beta


print("// Made by Tests/golden/picture_layers.py.")
print("let pictureGolden: [String: [Float]] = [")
x, gamma, beta = leaves(2, 2, 3, 3)
residual = image(2, 2, 3, 3, 4).clone().requires_grad_()
mean, variance = values(3, 6), values(3, 7) + 2
named = {"x": x, "weight": gamma, "bias": beta}
gradients("batch norm", F.batch_norm(x, mean, variance, gamma, beta, True, 0.2, 1e-5), named)
show("batch norm running mean", mean)
show("batch norm running variance", variance)
gradients("batch norm inference", F.batch_norm(x, mean, variance, gamma, beta, False, 0.2, 1e-5), named)
z = F.batch_norm(x, None, None, gamma, beta, True, 0.2, 1e-5) + residual
gradients("batch norm relu residual", torch.relu(z), named | {"residual": residual})
gradients("batch norm silu residual", F.silu(z), named | {"residual": residual})

x, gamma, beta = leaves(2, 2, 2, 4)
named = {"x": x, "weight": gamma, "bias": beta}
gradients("group norm", F.group_norm(x, 2, gamma, beta, 1e-5), named)
gradients("group norm silu", F.silu(F.group_norm(x, 2, gamma, beta, 1e-5)), named)
gradients("instance norm", F.instance_norm(x, eps=1e-5), {"x": x})
rows = values(12, 1).reshape(3, 4).clone().requires_grad_()
named = {"x": rows, "weight": gamma, "bias": beta}
gradients("layer norm", F.layer_norm(rows, (4,), gamma, beta, 1e-5), named)
gradients("rms norm", F.rms_norm(rows, (4,), gamma, 1e-6), {"x": rows, "weight": gamma})

x = image(1, 5, 4, 2, 1).clone().requires_grad_()
gradients("max pool", F.max_pool2d(x, 2), {"x": x})
gradients("max pool 3", F.max_pool2d(x, (3, 2), (2, 1), (1, 0)), {"x": x})
gradients("max pool ceiling", F.max_pool2d(x, 2, 2, 1, ceil_mode=True), {"x": x})
ties = (x.detach() * 2).round().requires_grad_()
gradients("max pool ties", F.max_pool2d(ties, 3, 1, 1), {"x": ties})
gradients("average pool", F.avg_pool2d(x, 3, 2, 1), {"x": x})
gradients("average pool without padding", F.avg_pool2d(x, 3, 2, 1, count_include_pad=False), {"x": x})
gradients("average pool ceiling", F.avg_pool2d(x, 2, 2, 1, ceil_mode=True), {"x": x})
gradients("adaptive average", F.adaptive_avg_pool2d(x, (2, 3)), {"x": x})
gradients("adaptive max", F.adaptive_max_pool2d(x, (2, 3)), {"x": x})
gradients("global average", F.adaptive_avg_pool2d(x, 1).flatten(1), {"x": x})

x = image(1, 3, 2, 4, 1).clone().requires_grad_()
gradients("nearest", F.interpolate(x, scale_factor=2, mode="nearest"), {"x": x})
gradients("bilinear", F.interpolate(x, (5, 4), mode="bilinear"), {"x": x})
gradients("bilinear corners", F.interpolate(x, (5, 4), mode="bilinear", align_corners=True), {"x": x})
gradients("pixel shuffle", F.pixel_shuffle(x, 2), {"x": x})
gradients("pad zeros", F.pad(x, (1, 2, 0, 1)), {"x": x})
gradients("pad reflect", F.pad(x, (1, 1, 2, 1), mode="reflect"), {"x": x})
gradients("pad replicate", F.pad(x, (1, 2, 3, 0), mode="replicate"), {"x": x})
print("]")

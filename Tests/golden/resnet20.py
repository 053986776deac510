#!/usr/bin/env python3
"""Golden losses of Tests/MyelinTests/Models/ResNetTests.swift, by PyTorch in float32.

    pip install torch==2.13.0 numpy && python3 Tests/golden/resnet20.py

ResNet-20 in 200 steps of SGD with momentum over eight fixed batches. Weights and pictures come from a hash of their name
and place, so that both programs begin with the same bits. Modules have the names that they have in Myelin.
"""

import numpy
import torch

BATCH, BATCHES, STEPS = 16, 8, 200


def uniform(name, count):
    """Numbers of -1 ..< 1: FNV-1a of the name, then splitmix64 of each place."""
    with numpy.errstate(over="ignore"):
        seed = numpy.uint64(0xCBF29CE484222325)
        for byte in name.encode():
            seed = (seed ^ numpy.uint64(byte)) * numpy.uint64(0x100000001B3)
        z = seed + numpy.arange(1, count + 1, dtype=numpy.uint64) * numpy.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        z = z ^ (z >> numpy.uint64(31))
    return ((z >> numpy.uint64(40)).astype(numpy.float32) / numpy.float32(1 << 23)) - numpy.float32(1)


class Unit(torch.nn.Module):
    def __init__(self, inputs, outputs, kernel, stride):
        super().__init__()
        self.convolution = torch.nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.norm = torch.nn.BatchNorm2d(outputs)

    def forward(self, x):
        return self.norm(self.convolution(x))


class Block(torch.nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.units = torch.nn.ModuleList([Unit(inputs, outputs, 3, stride), Unit(outputs, outputs, 3, 1)])
        self.projection = None if inputs == outputs else Unit(inputs, outputs, 1, stride)

    def forward(self, x):
        shortcut = x if self.projection is None else self.projection(x)
        return torch.relu(self.units[1](torch.relu(self.units[0](x))) + shortcut)


class ResNet(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.blocks, channels = Unit(3, 16, 3, 1), torch.nn.ModuleList(), 16
        for outputs in (16, 32, 64):
            for index in range(3):
                self.blocks.append(Block(channels, outputs, 2 if index == 0 and outputs > 16 else 1))
                channels = outputs
        self.output = torch.nn.Linear(64, 10)

    def forward(self, x):
        x = torch.relu(self.stem(x))
        for block in self.blocks:
            x = block(x)
        return self.output(x.mean((2, 3)))


model = ResNet()
with torch.no_grad():
    for name, parameter in model.named_parameters():
        if parameter.dim() == 4:
            outputs, inputs, height, width = parameter.shape
            scale = numpy.float32((6 / (inputs * height * width)) ** 0.5)
            values = uniform(name, parameter.numel()).reshape(height, width, inputs, outputs) * scale
            parameter.copy_(torch.from_numpy(values).permute(3, 2, 0, 1))
        elif parameter.dim() == 2:
            values = uniform(name, parameter.numel()).reshape(64, 10) * numpy.float32(0.25)
            parameter.copy_(torch.from_numpy(values).T)
        else:
            parameter.fill_(1.0 if name.endswith("norm.weight") else 0.0)

batches = []
for index in range(BATCHES):
    pictures = uniform(f"pictures {index}", BATCH * 32 * 32 * 3).reshape(BATCH, 32, 32, 3)
    labels = ((uniform(f"labels {index}", BATCH) + 1) * 5).astype(numpy.int64)
    # Each class is a little brighter in its own rows, so that there is something to learn.
    for row, label in enumerate(labels):
        pictures[row, 3 * label : 3 * label + 3] += numpy.float32(0.5)
    batches.append((torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(labels)))

optimizer = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9)
losses = []
for step in range(STEPS):
    x, labels = batches[step % BATCHES]
    optimizer.zero_grad()
    loss = torch.nn.functional.cross_entropy(model(x), labels)
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
means = numpy.array(losses).reshape(-1, 10).mean(1)
print("means of ten losses:", [float(f"{loss:.6g}") for loss in means])
model.eval()
with torch.no_grad():
    print("in evaluation:", float(f"{torch.nn.functional.cross_entropy(model(batches[0][0]), batches[0][1]).item():.6g}"))

#!/usr/bin/env python3
"""Golden losses of Tests/MyelinTests/Models/GPTGoldenTests.swift, by PyTorch in float32.

    pip install torch==2.13.0 numpy && python3 Tests/golden/gpt_nano.py

A GPT of 4 layers, 4 heads and width 128 in 200 steps of Adam over eight fixed batches of 12 sequences of 64 tokens. Weights and
tokens come from a hash of their name and place, so that both programs begin with the same bits. Modules have the names that they
have in Myelin.
"""

import numpy
import torch

VOCABULARY, CONTEXT, WIDTH, HEADS, LAYERS, BATCH, BATCHES, STEPS = 65, 64, 128, 4, 4, 12, 8, 200


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


class Attention(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.projection, self.output = torch.nn.Linear(WIDTH, 3 * WIDTH), torch.nn.Linear(WIDTH, WIDTH)

    def forward(self, x):
        parts = self.projection(x).view(*x.shape[:2], 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        y = torch.nn.functional.scaled_dot_product_attention(*parts, is_causal=True)
        return self.output(y.transpose(1, 2).reshape(x.shape))


class FeedForward(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.expansion, self.contraction = torch.nn.Linear(WIDTH, 4 * WIDTH), torch.nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x):
        return self.contraction(torch.nn.functional.gelu(self.expansion(x), approximate="tanh"))


class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.attentionNorm, self.attention = torch.nn.LayerNorm(WIDTH), Attention()
        self.feedForwardNorm, self.feedForward = torch.nn.LayerNorm(WIDTH), FeedForward()

    def forward(self, x):
        x = x + self.attention(self.attentionNorm(x))
        return x + self.feedForward(self.feedForwardNorm(x))


class Blocks(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks, self.norm = torch.nn.ModuleList(Block() for _ in range(LAYERS)), torch.nn.LayerNorm(WIDTH)


class GPT(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(VOCABULARY, WIDTH)
        self.positions = torch.nn.Embedding(CONTEXT, WIDTH)
        self.blocks = Blocks()

    def forward(self, tokens):
        x = self.embedding(tokens) + self.positions.weight
        for block in self.blocks.blocks:
            x = block(x)
        return torch.nn.functional.linear(self.blocks.norm(x), self.embedding.weight)


model = GPT()
with torch.no_grad():
    for name, parameter in model.named_parameters():
        if parameter.dim() == 2:
            table = name in ("embedding.weight", "positions.weight")
            shape = parameter.shape if table else parameter.shape[::-1]
            values = torch.from_numpy(uniform(name, parameter.numel()).reshape(tuple(shape)) * numpy.float32(0.0625))
            parameter.copy_(values if table else values.T)
        else:
            parameter.fill_(1.0 if "orm.weight" in name else 0.0)

batches = []
for index in range(BATCHES):
    # Each token is the one before it and a number of 1 ... 4, so that there is something to learn.
    steps = numpy.floor((uniform(f"tokens {index}", BATCH * (CONTEXT + 1)) + 1) * 2).astype(numpy.int64) + 1
    tokens = torch.from_numpy(steps.reshape(BATCH, CONTEXT + 1).cumsum(1) % VOCABULARY)
    batches.append((tokens[:, :-1], tokens[:, 1:]))

optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
losses = []
for step in range(STEPS):
    tokens, following = batches[step % BATCHES]
    optimizer.zero_grad()
    loss = torch.nn.functional.cross_entropy(model(tokens).flatten(0, 1), following.flatten())
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
print("means of ten losses:", [float(f"{loss:.6g}") for loss in numpy.array(losses).reshape(-1, 10).mean(1)])

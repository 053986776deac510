#!/usr/bin/env python3
"""Golden values of Tests/MyelinTests/Layers/RecurrentLayerTests.swift, by PyTorch in float64.

    pip install torch==2.13.0 && python3 Tests/golden/recurrent.py > Tests/MyelinTests/Layers/RecurrentGolden.swift

Inputs and weights come from a formula of their place, so that both programs begin with the same numbers. The weights are
numbered in PyTorch's order of parameters, from 11; the loss is Σ output · w + Σ last h · w + Σ last c · w.
"""

import torch


def values(shape, step):
    count = 1
    for size in shape:
        count *= size
    numbers = [((index * step * 7919 + 104729) % 10007) / 5003.5 - 1 for index in range(count)]
    return torch.tensor(numbers, dtype=torch.float64).reshape(shape)


def text(name, tensor):
    numbers = ", ".join(f"{value:.7g}" for value in tensor.flatten().tolist())
    return f'  "{name}": [{numbers}],'


def check(name, network, lengths, directions, layers):
    network = network.double()
    for index, parameter in enumerate(network.parameters()):
        parameter.data = values(tuple(parameter.shape), 11 + index)
    x = values((3, 5, 3), 3).requires_grad_()
    hidden = network.hidden_size
    h = values((directions * layers, 3, hidden), 5).requires_grad_()
    c = values((directions * layers, 3, hidden), 7).requires_grad_()
    isLSTM = isinstance(network, torch.nn.LSTM)
    packed = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    output, last = network(packed, (h, c) if isLSTM else h)
    y, _ = torch.nn.utils.rnn.pad_packed_sequence(output, batch_first=True, total_length=5)
    last_h, last_c = last if isLSTM else (last, None)
    loss = (y * values(y.shape, 2)).sum() + (last_h * values(last_h.shape, 13)).sum()
    if isLSTM:
        loss = loss + (last_c * values(last_c.shape, 17)).sum()
    loss.backward()
    print(text(f"{name} y", y.detach()))
    print(text(f"{name} h", last_h.detach()))
    print(text(f"{name} dx", x.grad))
    print(text(f"{name} dh", h.grad))
    if isLSTM:
        print(text(f"{name} c", last_c.detach()))
        print(text(f"{name} dc", c.grad))
    for key, parameter in network.named_parameters():
        if key.endswith("_l0"):
            print(text(f"{name} {key}", parameter.grad))


print("// Made by Tests/golden/recurrent.py.")
print("let recurrentGolden: [String: [Float]] = [")
check("lstm", torch.nn.LSTM(3, 2, num_layers=2, bidirectional=True, batch_first=True), [5, 2, 4], 2, 2)
check("gru", torch.nn.GRU(3, 4, batch_first=True), [3, 5, 1], 1, 1)
check("rnn", torch.nn.RNN(3, 2, bidirectional=True, batch_first=True), [1, 3, 5], 2, 1)
check("relu", torch.nn.RNN(3, 2, nonlinearity="relu", batch_first=True), [5, 5, 5], 1, 1)
print("]")

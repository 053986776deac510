# What PyTorch Geometric gives on a small graph, for Tests/MyelinTests/Layers/GraphLayerTests.swift.
#
#   pip install torch torch_geometric
#   python Tests/golden/graph_layers.py > Tests/MyelinTests/Layers/GraphGolden.swift
#
# Weights and inputs are round numbers of a formula, so that both sides make them: value i of a tensor is
# sin(1.7 i + seed) / 2.
import torch
import torch_geometric.nn as g

NODES, INPUTS, OUTPUTS = 6, 3, 4
# A node to itself, an edge twice, and node 5 without any.
FROM = [0, 1, 2, 2, 3, 4, 1, 1]
TO = [1, 0, 1, 2, 4, 3, 3, 3]
WEIGHTS = [1.0, 0.5, 2.0, 1.5, 1.0, 0.25, 1.0, 3.0]


def values(shape, seed):
    count = 1
    for size in shape:
        count *= size
    return (torch.sin(torch.arange(count, dtype=torch.float64) * 1.7 + seed) / 2).float().reshape(shape)


def fill(tensor, seed, transpose=False):
    shape = list(tensor.shape)
    value = values(shape[::-1], seed).T if transpose else values(shape, seed)
    with torch.no_grad():
        tensor.copy_(value)


edges = torch.tensor([FROM, TO])
weights = torch.tensor(WEIGHTS)
x = values([NODES, INPUTS], 0.1).requires_grad_()
batch = torch.tensor([0, 0, 0, 2, 2, 2])  # graph 1 has no nodes
results = []


def show(name, y):
    x.grad = None
    (y * values(list(y.shape), 0.9)).sum().backward()
    for what, tensor in (("", y), ("Gradient", x.grad)):
        numbers = ", ".join(f"{v:.6g}" for v in tensor.detach().flatten().tolist())
        results.append(f"  static let {name}{what}: [Float] = [{numbers}]")


gcn = g.GCNConv(INPUTS, OUTPUTS)
fill(gcn.lin.weight, 0.2, transpose=True)
fill(gcn.bias, 0.3)
show("convolution", gcn(x, edges, weights))

for aggregation in ("mean", "max"):
    sage = g.SAGEConv(INPUTS, OUTPUTS, aggr=aggregation)
    fill(sage.lin_r.weight, 0.2, transpose=True)
    fill(sage.lin_l.weight, 0.3, transpose=True)
    fill(sage.lin_l.bias, 0.4)
    show("sage" + aggregation.capitalize(), sage(x, edges))

body = torch.nn.Linear(INPUTS, OUTPUTS)
gin = g.GINConv(body, eps=0.5)
fill(body.weight, 0.2, transpose=True)
fill(body.bias, 0.3)
show("gin", gin(x, edges))

features = values([len(FROM), 2], 0.7)
gine = g.GINEConv(body, edge_dim=2)
fill(body.weight, 0.2, transpose=True)
fill(body.bias, 0.3)
fill(gine.lin.weight, 0.5, transpose=True)
fill(gine.lin.bias, 0.6)
show("ginOfEdges", gine(x, edges, features))

for concat in (True, False):
    gat = g.GATv2Conv(INPUTS, OUTPUTS, heads=2, concat=concat)
    fill(gat.lin_l.weight, 0.2, transpose=True)
    fill(gat.lin_l.bias, 0.3)
    fill(gat.lin_r.weight, 0.4, transpose=True)
    fill(gat.lin_r.bias, 0.5)
    fill(gat.att, 0.6)
    fill(gat.bias, 0.7)
    show("attention" + ("" if concat else "Mean"), gat(x, edges))

norm = g.GraphNorm(INPUTS)
fill(norm.weight, 0.2)
fill(norm.bias, 0.3)
fill(norm.mean_scale, 0.4)
show("norm", norm(x, batch, batch_size=3))

gate = torch.nn.Linear(INPUTS, 1)
pooling = g.AttentionalAggregation(gate)  # draws the gate's weights anew
fill(gate.weight, 0.2, transpose=True)
fill(gate.bias, 0.3)
show("attentionPooling", pooling(x, batch, dim_size=3))
show("meanPooling", g.global_mean_pool(x, batch, size=3))
show("maxPooling", g.global_max_pool(x, batch, size=3)[[0, 2]])

print("// Made by Tests/golden/graph_layers.py: what PyTorch Geometric gives.")
print("enum GraphGolden {")
print("\n".join(results))
print("}")

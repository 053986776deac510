"""PyTorch Geometric's GraphSAGE on the parts of nodes that `myelin train social` makes of a seed.

    pip install torch torch_geometric scikit-learn pandas
    python3 Benchmarks/peers/graphs.py

Two SAGEConv layers of 64 with ReLU and dropout, as its examples have them, AdamW at 0.01 for 300 epochs, the epoch of the
best ROC AUC of the validation part; own columns standardised, with the logarithm of the number of edges.
"""

import pathlib

import numpy as np
import pandas as pd
import torch
from sklearn.metrics import roc_auc_score
from torch.nn import functional as F
from torch_geometric.nn import SAGEConv

from splits import stratified_parts

DATA = pathlib.Path(__file__).parents[2] / "Sources/MyelinModels/Resources"
nodes = pd.read_csv(DATA / "tolokers-nodes.csv.gz", keep_default_na=False)
pairs = pd.read_csv(DATA / "tolokers-edges.csv.gz").to_numpy()
edges = torch.tensor(np.concatenate([pairs, pairs[:, ::-1]]).T.copy())
columns = [c for c in nodes.columns if c.endswith("rate") or c.startswith("english")]
features = np.concatenate([nodes[columns].to_numpy(float), pd.get_dummies(nodes.education).to_numpy(float)], axis=1)
degree = np.bincount(edges[1], minlength=len(nodes))
features = np.concatenate([features, np.log1p(degree)[:, None]], axis=1)
x = torch.tensor((features - features.mean(0)) / features.std(0), dtype=torch.float32)
y = torch.tensor(nodes.banned.to_numpy())


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = SAGEConv(x.shape[1], 64), SAGEConv(64, 2)

    def forward(self, x):
        x = F.dropout(F.relu(self.first(x, edges)), 0.5, self.training)
        return self.second(x, edges)


scores = []
for seed in range(10):
    training, validation, test = stratified_parts(y.tolist(), 0.25, 0.25, seed)
    torch.manual_seed(seed)
    network = Network()
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.01, weight_decay=5e-4)
    best = (0, 0)
    for _ in range(300):
        network.train()
        loss = F.cross_entropy(network(x)[training], y[training])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        network.eval()
        with torch.no_grad():
            logits = network(x)
        margin = logits[:, 1] - logits[:, 0]
        best = max(best, tuple(roc_auc_score(y[p], margin[p]) for p in (validation, test)))
    scores.append(best[1])
    print(f"seed {seed}: ROC AUC {best[1]:.4f}", flush=True)
print(f"mean {np.mean(scores):.4f}")

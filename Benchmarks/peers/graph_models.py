"""The rows of graphs and recommendation of `bench train`, in PyTorch and PyTorch Geometric."""

import torch

functional = torch.nn.functional


def _cora():
    ends = torch.randint(2708, (5278,))
    others = (ends + 1 + torch.randint(2707, (5278,))) % 2708
    pairs = torch.stack([ends, others])
    return torch.cat([pairs, pairs.flip(0)], dim=1)


class _Nodes(torch.nn.Module):
    def __init__(self, first, second, activation):
        super().__init__()
        self.first, self.second, self.activation = first, second, activation

    def forward(self, x, edges):
        return self.second(self.activation(self.first(x, edges)), edges)


class _Molecules(torch.nn.Module):
    def __init__(self, layer):
        super().__init__()
        nn = torch.nn
        self.first, self.last = nn.Linear(22, 64), nn.Linear(64, 1)
        self.layers = nn.ModuleList(
            layer(nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU()), edge_dim=5) for _ in range(3)
        )

    def forward(self, x, edges, features, batch):
        x = functional.relu(self.first(x))
        for layer in self.layers:
            x = layer(x, edges, features)
        return self.last(x.new_zeros(64, 64).index_add(0, batch, x))


class _Factors(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.users, self.items = torch.nn.Embedding(943, 64), torch.nn.Embedding(1682, 64)

    def forward(self, users, items):
        return (self.users(users) * self.items(items)).sum(1)


def _tower(count):
    nn = torch.nn
    return nn.Sequential(nn.Embedding(count, 64), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 32))


class _Towers(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.users, self.items = _tower(5000), _tower(2000)

    def forward(self, users, items):
        return self.users(users) @ self.items(items).T


def make(name, sparse):
    """A model and its loss as a function; None where this has no sparse form."""
    if name == "mf_100k":
        users, items = torch.randint(943, (100_000,)), torch.randint(1682, (100_000,))
        model, targets = _Factors(), torch.randn(100_000)
        return None if sparse else (model, lambda: functional.mse_loss(model(users, items), targets))
    if name == "two_tower":
        users, items, right = torch.randint(5000, (512,)), torch.randint(2000, (512,)), torch.arange(512)
        model = _Towers()
        return None if sparse else (model, lambda: functional.cross_entropy(model(users, items), right))
    import torch_geometric.nn as geometric

    if name == "gin_molecules":
        ends = torch.randint(22, (2, 64, 24)) + 22 * torch.arange(64)[None, :, None]
        pairs = ends.flatten(1)
        edges = torch.cat([pairs, pairs.flip(0)], dim=1)
        x, features = torch.randn(64 * 22, 22), torch.randn(edges.shape[1], 5)
        batch, targets = torch.arange(64).repeat_interleave(22), torch.randn(64, 1)
        model = _Molecules(geometric.GINEConv)
        return None if sparse else (model, lambda: functional.mse_loss(model(x, edges, features, batch), targets))
    edges, x, labels = _cora(), torch.randn(2708, 1433), torch.randint(7, (2708,))
    if name == "gcn_cora":
        model = _Nodes(geometric.GCNConv(1433, 16, cached=True), geometric.GCNConv(16, 7, cached=True), functional.relu)
        if sparse:
            # Normalised once, as a sparse matrix of PyTorch's own.
            weights = geometric.conv.gcn_conv.gcn_norm(edges, None, 2708)
            matrix = torch.sparse_coo_tensor(weights[0].flip(0), weights[1], (2708, 2708)).to_sparse_csr()
            options = dict(normalize=False)
            model = _Nodes(geometric.GCNConv(1433, 16, **options), geometric.GCNConv(16, 7, **options), functional.relu)
            return model, lambda: functional.cross_entropy(model(x, matrix), labels)
    else:
        if sparse:
            return None
        model = _Nodes(geometric.GATv2Conv(1433, 8, heads=8), geometric.GATv2Conv(64, 7), functional.elu)
    return model, lambda: functional.cross_entropy(model(x, edges), labels)

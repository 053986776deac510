"""PyTorch: eager, and torch.compile (inductor), with fused optimizers."""

import server

threads = server.threads()
torch = server.load("torch", "torch --index-url https://download.pytorch.org/whl/cpu")
torch.set_num_threads(threads)
functional = torch.nn.functional


def gemm(m, n, k):
    a, b, c = torch.randn(m, k), torch.randn(k, n), torch.empty(m, n)
    return torch.inference_mode()(lambda: torch.mm(a, b, out=c))


def cross_entropy(variant):
    rows, classes = server.CROSS_ENTROPY
    logits = torch.randn(rows, classes, requires_grad=True)
    labels = torch.randint(classes, (rows,))
    loss = torch.compile(functional.cross_entropy) if variant == "compile" else functional.cross_entropy

    def run():
        logits.grad = None
        loss(logits, labels).backward()

    return run


def adam():
    count, size = server.ADAM_PARAMETERS
    parameters = [torch.randn(size, requires_grad=True) for _ in range(count)]
    for parameter in parameters:
        parameter.grad = torch.randn(size) * 1e-3
    return torch.optim.Adam(parameters, lr=server.ADAM["learning_rate"], fused=True).step


def kernel(name, variant):
    if name == "cross_entropy":
        return cross_entropy(variant)
    if name == "adam":
        return adam() if variant == "eager" else None
    x = torch.randn(server.SOFTMAX if name == "softmax" else server.ELEMENTS)
    y = torch.empty_like(x)
    if variant == "compile":
        functions = {"exp": torch.exp, "tanh": torch.tanh, "gelu": functional.gelu, "softmax": lambda x: x.softmax(-1)}
        function = torch.compile(functions[name]) if name in functions else None
        return function and torch.no_grad()(lambda: function(x))
    functions = {
        "exp": lambda: torch.exp(x, out=y),
        "tanh": lambda: torch.tanh(x, out=y),
        "gelu": lambda: torch._C._nn.gelu(x, out=y),
        "softmax": lambda: torch.softmax(x, -1, out=y),
    }
    return functions.get(name) and torch.inference_mode()(functions[name])


def train(name, variant):
    widths, batch, kind = server.MODELS[name]
    layers = []
    for inputs, outputs in zip(widths, widths[1:]):
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    x, labels = torch.randn(batch, widths[0]), torch.randint(widths[-1], (batch,))
    if kind == "sgd":
        optimizer = torch.optim.SGD(
            model.parameters(), lr=server.SGD["learning_rate"], momentum=server.SGD["momentum"], fused=True
        )
    else:
        optimizer = torch.optim.Adam(model.parameters(), lr=server.ADAM["learning_rate"], fused=True)

    def loss_of(x, labels):
        return functional.cross_entropy(model(x), labels)

    if variant == "compile":
        loss_of = torch.compile(loss_of, fullgraph=True)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss_of(x, labels).backward()
        optimizer.step()

    return step


def make(work, variant):
    torch.manual_seed(1)
    if work[0] == "gemm":
        return gemm(*map(int, work[1:]))
    if work[0] == "kernel":
        return kernel(work[1], variant)
    return train(work[1], variant) if work[1] in server.MODELS else None


server.serve(
    f"PyTorch {torch.__version__}",
    {"gemm": ["eager"], "kernel": ["eager", "compile"], "train": ["eager", "compile"]},
    make,
)

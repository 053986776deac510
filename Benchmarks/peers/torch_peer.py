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


class Block(torch.nn.Module):
    """A basic block of a residual network."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.first = unit(inputs, outputs, 3, stride)
        self.second = unit(outputs, outputs, 3, 1)
        self.shortcut = torch.nn.Identity() if inputs == outputs else unit(inputs, outputs, 1, stride)

    def forward(self, x):
        return functional.relu(self.second(functional.relu(self.first(x))) + self.shortcut(x))


def unit(inputs, outputs, kernel, stride):
    convolution = torch.nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return torch.nn.Sequential(convolution, torch.nn.BatchNorm2d(outputs))


class Recurrent(torch.nn.Module):
    """A recurrent network with a dense layer over its last step, or over each where characters go in."""

    def __init__(self, name):
        super().__init__()
        shape, outputs, _, _ = server.MODELS[name]
        cell, hidden = server.RECURRENT[name]
        self.characters = name == "char_lstm"
        if self.characters:
            self.embedding = torch.nn.Embedding(outputs, server.EMBEDDING)
        inputs = server.EMBEDDING if self.characters else shape[-1]
        kind = torch.nn.LSTM if cell == "lstm" else torch.nn.GRU
        self.recurrent = kind(inputs, hidden, batch_first=True)
        self.head = torch.nn.Linear(hidden, outputs)

    def forward(self, x):
        if self.characters:
            return self.head(self.recurrent(self.embedding(x))[0]).flatten(0, 1)
        return self.head(self.recurrent(x)[0][:, -1])


class TransformerBlock(torch.nn.Module):
    """Attention by one fused product and scaled_dot_product_attention, then two linear layers."""

    def __init__(self, width, heads, causal, approximate):
        super().__init__()
        nn = torch.nn
        self.heads, self.causal = heads, causal
        self.attention_norm, self.norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.projection, self.output = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.feed_forward = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(approximate=approximate), nn.Linear(4 * width, width)
        )

    def forward(self, x):
        batch, steps, width = x.shape
        parts = self.projection(self.attention_norm(x)).view(batch, steps, 3, self.heads, width // self.heads)
        q, k, v = parts.permute(2, 0, 3, 1, 4)
        y = functional.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        x = x + self.output(y.transpose(1, 2).reshape(batch, steps, width))
        return x + self.feed_forward(self.norm(x))


class GPT(torch.nn.Module):
    def __init__(self, vocabulary, context, layers, heads, width):
        super().__init__()
        self.embedding = torch.nn.Embedding(vocabulary, width)
        self.positions = torch.nn.Embedding(context, width)
        self.blocks = torch.nn.Sequential(*(TransformerBlock(width, heads, True, "tanh") for _ in range(layers)))
        self.norm = torch.nn.LayerNorm(width)
        for table in (self.embedding, self.positions):
            torch.nn.init.normal_(table.weight, std=0.02)

    def forward(self, tokens):
        x = self.embedding(tokens) + self.positions.weight
        return functional.linear(self.norm(self.blocks(x)), self.embedding.weight).flatten(0, 1)


def decode(name, variant):
    """One token after another, keys and values of those before in memory that is there from the beginning."""
    if name not in server.DECODED:
        return None
    vocabulary, context, layers, heads, width = server.DECODED[name]
    model = GPT(vocabulary, context, layers, heads, width).eval()
    size = width // heads
    caches = [(torch.zeros(1, heads, context, size), torch.zeros(1, heads, context, size)) for _ in range(layers)]

    def logits(token, place):
        x = model.embedding.weight[token] + model.positions.weight[place]
        x = x.view(1, width)
        for block, (keys, values) in zip(model.blocks, caches):
            q, k, v = block.projection(block.attention_norm(x)).view(3, heads, 1, size)
            keys[0, :, place : place + 1], values[0, :, place : place + 1] = k, v
            seen = slice(0, place + 1)
            y = functional.scaled_dot_product_attention(q[None], keys[:, :, seen], values[:, :, seen])
            x = x + block.output(y.reshape(1, width))
            x = x + block.feed_forward(block.norm(x))
        return functional.linear(model.norm(x), model.embedding.weight)

    place = [server.PROMPT]

    def step():
        logits(place[0] % 1000, place[0])
        place[0] = place[0] + 1 if place[0] + 1 < context else server.PROMPT

    return torch.inference_mode()(step)


class VisionTransformer(torch.nn.Module):
    def __init__(self, size, channels, classes, layers, heads, width, patch):
        super().__init__()
        self.patches = torch.nn.Conv2d(channels, width, patch, stride=patch)
        self.positions = torch.nn.Parameter(torch.randn((size // patch) ** 2, width) * 0.02)
        self.blocks = torch.nn.Sequential(*(TransformerBlock(width, heads, False, "none") for _ in range(layers)))
        self.norm, self.output = torch.nn.LayerNorm(width), torch.nn.Linear(width, classes)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2) + self.positions
        return self.output(self.norm(self.blocks(x)).mean(1))


def network(name):
    nn = torch.nn
    if name in server.RECURRENT:
        return Recurrent(name)
    if name in server.GPTS:
        (context,), vocabulary, _, _ = server.MODELS[name]
        return GPT(vocabulary, context, *server.GPTS[name])
    if name == "vit_small":
        (size, _, channels), classes, _, _ = server.MODELS[name]
        return VisionTransformer(size, channels, classes, **server.VIT)
    if name in server.MLPS:
        layers = []
        for inputs, outputs in zip(server.MLPS[name], server.MLPS[name][1:]):
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
        return nn.Sequential(*layers[:-1])
    if name == "lenet5":
        return nn.Sequential(
            *(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
            *(nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)),
        )
    if name == "vgg_cifar":
        layers, channels = [], 3
        for outputs in (32, 32, 64, 64):
            layers += [nn.Conv2d(channels, outputs, 3, padding=1), nn.ReLU()]
            if channels == outputs:
                layers.append(nn.MaxPool2d(2))
            channels = outputs
        return nn.Sequential(*layers, nn.Flatten(), nn.Linear(4096, 512), nn.ReLU(), nn.Linear(512, 10))
    layers, channels = [unit(3, 16, 3, 1), nn.ReLU()], 16
    for outputs in (16, 32, 64):
        for index in range(3):
            layers.append(Block(channels, outputs, 2 if index == 0 and outputs > 16 else 1))
            channels = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def convolution(passed, batch, size, inputs, outputs, kernel, padding, stride, groups):
    """Channels last, which oneDNN prefers; the gradients as autograd calls them."""
    last = torch.channels_last
    x = torch.randn(batch, inputs, size, size).to(memory_format=last)
    w = torch.randn(outputs, inputs // groups, kernel, kernel).to(memory_format=last)

    def forward():
        return functional.conv2d(x, w, None, stride, padding, 1, groups)

    if passed == "forward":
        return torch.inference_mode()(forward)
    dy = torch.randn_like(forward())
    mask = [passed == "input", passed == "weight", False]
    backward = torch.ops.aten.convolution_backward
    return lambda: backward(
        dy, x, w, None, [stride] * 2, [padding] * 2, [1, 1], False, [0, 0], groups, mask
    )


def train_graph(name, variant):
    """Eager, with the matrix of a graph as PyTorch Geometric's edges or as sparse rows."""
    import graph_models

    made = graph_models.make(name, sparse=variant == "sparse")
    if made is None:
        return None
    model, loss_of = made
    optimizer = torch.optim.Adam(model.parameters(), lr=server.ADAM["learning_rate"], fused=True)
    if variant == "compile":
        loss_of = torch.compile(loss_of)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss_of().backward()
        optimizer.step()

    return step


def train(name, variant):
    """In bfloat16: by autocast, or `whole`, the model and what goes into it converted, with its weights."""
    name, half = server.row(name)
    if variant == "whole" and (not half or name in server.GRAPHS):
        return None
    if name in server.GRAPHS:
        return None if variant == "channels_last" else train_graph(name, variant)
    if variant == "sparse":
        return None
    shape, classes, batch, kind = server.MODELS[name]
    model = network(name)
    labels = torch.randint(classes, (batch,))
    criterion = functional.cross_entropy
    if name in server.RECURRENT:
        if variant == "channels_last":
            return None
        x = torch.randn(batch, *shape)
        if name == "char_lstm":
            x = torch.randint(classes, (batch, *shape))
            labels = torch.randint(classes, (batch * shape[0],))
        if name == "lstm_forecast":
            labels, criterion = torch.randn(batch, classes), functional.mse_loss
    elif name in server.GPTS:
        if variant == "channels_last":
            return None
        x = torch.randint(classes, (batch, *shape))
        labels = torch.randint(classes, (batch * shape[0],))
    elif len(shape) == 3:
        # PyTorch's axes are N, C, H, W; channels_last is how they lie in memory.
        height, width, channels = shape
        x = torch.randn(batch, channels, height, width)
        if variant != "eager":
            x, model = x.to(memory_format=torch.channels_last), model.to(memory_format=torch.channels_last)
    elif variant == "channels_last":
        return None
    else:
        x = torch.randn(batch, *shape)
    if variant == "whole":
        model = model.to(torch.bfloat16)
        x = x.to(torch.bfloat16) if x.is_floating_point() else x
    if kind == "sgd":
        optimizer = torch.optim.SGD(
            model.parameters(), lr=server.SGD["learning_rate"], momentum=server.SGD["momentum"], fused=True
        )
    else:
        optimizer = torch.optim.Adam(model.parameters(), lr=server.ADAM["learning_rate"], fused=True)

    def loss_of(x, labels):
        if half and variant != "whole":
            with torch.autocast("cpu", torch.bfloat16):
                return criterion(model(x).float(), labels)
        return criterion(model(x).float(), labels)

    if variant == "compile":
        loss_of = torch.compile(loss_of, fullgraph=name not in server.RECURRENT)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss_of(x, labels).backward()
        optimizer.step()

    return step


def make(work, variant):
    torch.manual_seed(1)
    if work[0] == "gemm":
        return gemm(*map(int, work[1:]))
    if work[0] == "conv":
        return convolution(work[1], *map(int, work[2:]))
    if work[0] == "kernel":
        return kernel(work[1], variant)
    if work[0] == "decode":
        return decode(work[1], variant)
    return train(work[1], variant) if server.row(work[1])[0] in server.MODELS else None


server.serve(
    f"PyTorch {torch.__version__}",
    {
        "gemm": ["eager"],
        "conv": ["eager"],
        "kernel": ["eager", "compile"],
        "decode": ["eager"],
        "train": ["eager", "channels_last", "sparse", "compile", "whole"],
    },
    make,
)

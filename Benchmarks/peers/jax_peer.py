"""JAX: every work one jitted function; a training step is jitted as a whole and donates its buffers."""

import os

import server

threads = server.threads()
os.environ["JAX_PLATFORMS"] = "cpu"
# Donated buffers that cannot be reused are a warning a call on some versions.
os.environ.setdefault("PYTHONWARNINGS", "ignore")
jax = server.load("jax", "jax")
numpy = server.load("numpy", "numpy")
jnp = jax.numpy
random = numpy.random.default_rng(1)
latest = []


def normal(*shape):
    return jnp.asarray(random.standard_normal(shape, dtype=numpy.float32))


def repeat(function, *arguments):
    """Calls `function`; JAX returns before it is done, so `wait` below blocks on the last result."""

    def run():
        latest[:] = [function(*arguments)]

    return run


def wait():
    jax.block_until_ready(latest)


def mean_cross_entropy(logits, labels):
    picked = jnp.take_along_axis(logits, labels[:, None], axis=1)[:, 0]
    return jnp.mean(jax.nn.logsumexp(logits, axis=1) - picked)


def adam_update(w, g, m, v, step):
    o = server.ADAM
    m = o["beta1"] * m + (1 - o["beta1"]) * g
    v = o["beta2"] * v + (1 - o["beta2"]) * g * g
    mhat = m / (1 - o["beta1"] ** step)
    vhat = v / (1 - o["beta2"] ** step)
    return w - o["learning_rate"] * mhat / (jnp.sqrt(vhat) + o["epsilon"]), m, v


def sgd_update(w, g, m, v, step):
    m = server.SGD["momentum"] * m + g
    return w - server.SGD["learning_rate"] * m, m, v


def keep_state(step, state):
    """Feeds each call the state that the one before returned (its buffers are donated)."""
    held = [state]

    def run():
        held[0] = step(held[0])
        latest[:] = [held[0]]

    return run


def kernel(name):
    if name == "cross_entropy":
        rows, classes = server.CROSS_ENTROPY
        labels = jnp.asarray(random.integers(classes, size=rows, dtype=numpy.int32))
        return repeat(jax.jit(jax.value_and_grad(mean_cross_entropy)), normal(rows, classes), labels)
    if name == "adam":
        count, size = server.ADAM_PARAMETERS
        gradients = [normal(size) * 1e-3 for _ in range(count)]

        def update(state, gradients):
            step, values = state
            step = step + 1
            return step, [adam_update(*[w, g, m, v], step) for (w, m, v), g in zip(values, gradients)]

        jitted = jax.jit(update, donate_argnums=0)
        state = (jnp.float32(0), [(normal(size), jnp.zeros(size), jnp.zeros(size)) for _ in range(count)])
        return keep_state(lambda state: jitted(state, gradients), state)
    functions = {
        "exp": jnp.exp,
        "tanh": jnp.tanh,
        "gelu": lambda x: jax.nn.gelu(x, approximate=False),
        "softmax": jax.nn.softmax,
    }
    if name not in functions:
        return None
    shape = server.SOFTMAX if name == "softmax" else (server.ELEMENTS,)
    return repeat(jax.jit(functions[name]), normal(*shape))


def dense_layers(widths):
    return [(normal(inputs, outputs) * inputs**-0.5, jnp.zeros(outputs)) for inputs, outputs in zip(widths, widths[1:])]


def dense(layers, x):
    for weight, bias in layers[:-1]:
        x = jax.nn.relu(x @ weight + bias)
    weight, bias = layers[-1]
    return x @ weight + bias


def filters(kernel, inputs, outputs):
    return normal(kernel, kernel, inputs, outputs) * (2 / (kernel * kernel * inputs)) ** 0.5


def convolve(x, weight, stride=1, padding="SAME"):
    return jax.lax.conv_general_dilated(x, weight, (stride, stride), padding, dimension_numbers=("NHWC", "HWIO", "NHWC"))


def max_pool(x):
    return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def lenet5():
    weights = [(filters(5, 1, 6), jnp.zeros(6)), (filters(5, 6, 16), jnp.zeros(16))], dense_layers((400, 120, 84, 10))

    def forward(weights, x):
        convolutions, layers = weights
        for (weight, bias), padding in zip(convolutions, ("SAME", "VALID")):
            x = max_pool(jax.nn.relu(convolve(x, weight, 1, padding) + bias))
        return dense(layers, x.reshape(len(x), -1))

    return weights, forward


def vgg_cifar():
    sizes = ((3, 32), (32, 32), (32, 64), (64, 64))
    weights = [(filters(3, *size), jnp.zeros(size[1])) for size in sizes], dense_layers((4096, 512, 10))

    def forward(weights, x):
        convolutions, layers = weights
        for weight, bias in convolutions:
            x = jax.nn.relu(convolve(x, weight) + bias)
            if weight.shape[2] == weight.shape[3]:
                x = max_pool(x)
        return dense(layers, x.reshape(len(x), -1))

    return weights, forward


def resnet20():
    def unit(kernel, inputs, outputs):
        return filters(kernel, inputs, outputs), jnp.ones(outputs), jnp.zeros(outputs)

    blocks, channels = [], 16
    for outputs in (16, 32, 64):
        for _ in range(3):
            shortcut = unit(1, channels, outputs) if channels != outputs else None
            blocks.append((unit(3, channels, outputs), unit(3, outputs, outputs), shortcut))
            channels = outputs
    weights = unit(3, 3, 16), blocks, dense_layers((64, 10))

    def norm(x, weights, stride=1):
        weight, scale, shift = weights
        x = convolve(x, weight, stride)
        mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
        return (x - mean) * (scale * jax.lax.rsqrt(variance + 1e-5)) + shift

    def forward(weights, x):
        stem, blocks, layers = weights
        x = jax.nn.relu(norm(x, stem))
        for first, second, shortcut in blocks:
            stride = 1 if shortcut is None else 2
            y = norm(jax.nn.relu(norm(x, first, stride)), second)
            x = jax.nn.relu(y + (x if shortcut is None else norm(x, shortcut, stride)))
        return dense(layers, x.mean((1, 2)))

    return weights, forward


def recurrent(name):
    """A scan over the steps; the input's part of the gates is one product of all of them."""
    shape, outputs, _, _ = server.MODELS[name]
    cell, hidden = server.RECURRENT[name]
    gates = 4 if cell == "lstm" else 3
    inputs = server.EMBEDDING if name == "char_lstm" else shape[-1]
    scale = hidden**-0.5
    weights = {
        "input": normal(inputs, gates * hidden) * scale,
        "state": normal(hidden, gates * hidden) * scale,
        "bias": jnp.zeros((2, gates * hidden)),
        "head": dense_layers((hidden, outputs)),
    }
    if name == "char_lstm":
        weights["embedding"] = normal(outputs, inputs)

    def forward(weights, x):
        if name == "char_lstm":
            x = weights["embedding"][x]
        projected = jnp.swapaxes(x @ weights["input"] + weights["bias"][0], 0, 1)

        def lstm(state, p):
            h, c = state
            i, f, g, o = jnp.split(p + h @ weights["state"] + weights["bias"][1], 4, axis=1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            h = jax.nn.sigmoid(o) * jnp.tanh(c)
            return (h, c), h

        def gru(h, p):
            pr, pz, pn = jnp.split(p, 3, axis=1)
            ur, uz, un = jnp.split(h @ weights["state"] + weights["bias"][1], 3, axis=1)
            z = jax.nn.sigmoid(pz + uz)
            n = jnp.tanh(pn + jax.nn.sigmoid(pr + ur) * un)
            h = (1 - z) * n + z * h
            return h, h

        zeros = jnp.zeros((len(x), hidden))
        last, steps = jax.lax.scan(lstm if cell == "lstm" else gru, (zeros, zeros) if cell == "lstm" else zeros, projected)
        if name == "char_lstm":
            return dense(weights["head"], jnp.swapaxes(steps, 0, 1).reshape(-1, hidden))
        return dense(weights["head"], steps[-1])

    return weights, forward


def transformer(layers, heads, width, causal, approximate):
    """Weights of the blocks and of the last norm, and what they do with x [batch, steps, width]."""

    def linear(inputs, outputs):
        return normal(inputs, outputs) * 0.02, jnp.zeros(outputs)

    def scales():
        return jnp.ones(width), jnp.zeros(width)

    def block():
        attention = scales(), linear(width, 3 * width), linear(width, width)
        return *attention, scales(), linear(width, 4 * width), linear(4 * width, width)

    weights = [block() for _ in range(layers)], scales()

    def norm(x, parameters):
        mean = x.mean(-1, keepdims=True)
        variance = ((x - mean) ** 2).mean(-1, keepdims=True)
        return (x - mean) * jax.lax.rsqrt(variance + 1e-5) * parameters[0] + parameters[1]

    def apply(x, parameters):
        return x @ parameters[0] + parameters[1]

    def forward(weights, x):
        batch, steps, _ = x.shape
        blocks, last = weights
        for first, projection, output, second, wide, narrow in blocks:
            parts = apply(norm(x, first), projection).reshape(batch, steps, 3, heads, width // heads)
            q, k, v = parts[:, :, 0], parts[:, :, 1], parts[:, :, 2]
            y = jax.nn.dot_product_attention(q, k, v, is_causal=causal).reshape(batch, steps, width)
            x = x + apply(y, output)
            x = x + apply(jax.nn.gelu(apply(norm(x, second), wide), approximate=approximate), narrow)
        return norm(x, last)

    return weights, forward


def gpt(name):
    (context,), vocabulary, _, _ = server.MODELS[name]
    layers, heads, width = server.GPTS[name]
    blocks, run = transformer(layers, heads, width, True, True)
    weights = normal(vocabulary, width) * 0.02, normal(context, width) * 0.02, blocks

    def forward(weights, tokens):
        embedding, positions, blocks = weights
        return (run(blocks, embedding[tokens] + positions) @ embedding.T).reshape(-1, vocabulary)

    return weights, forward


def vit_small():
    (size, _, channels), classes, _, _ = server.MODELS["vit_small"]
    patch, width = server.VIT["patch"], server.VIT["width"]
    blocks, run = transformer(server.VIT["layers"], server.VIT["heads"], width, False, False)
    places = (size // patch) ** 2
    embedding, output = dense_layers((patch * patch * channels, width)), dense_layers((width, classes))
    weights = embedding, normal(places, width) * 0.02, blocks, output

    def forward(weights, x):
        embedding, positions, blocks, output = weights
        x = x.reshape(len(x), size // patch, patch, size // patch, patch * channels).transpose(0, 1, 3, 2, 4)
        x = dense(embedding, x.reshape(len(x), places, -1)) + positions
        return dense(output, run(blocks, x).mean(1))

    return weights, forward


def mean_squared_error(outputs, targets):
    return jnp.mean((outputs - targets) ** 2)


def graph_loss(name):
    """Weights and their loss, of the rows of graphs and recommendation that come without a library; None of others."""
    integers = lambda below, count: jnp.asarray(random.integers(below, size=count, dtype=numpy.int32))
    if name == "gcn_cora":
        ends = random.integers(2708, size=5278)
        pairs = numpy.stack([ends, (ends + 1 + random.integers(2707, size=5278)) % 2708])
        loops = numpy.tile(numpy.arange(2708), (2, 1))
        source, target = numpy.concatenate([pairs, pairs[::-1], loops], axis=1)
        order = numpy.argsort(target, kind="stable")
        degrees = numpy.bincount(target, minlength=2708) ** -0.5
        source, target = source[order], target[order]
        weights = jnp.asarray((degrees[source] * degrees[target])[:, None], jnp.float32)
        x, labels = normal(2708, 1433), integers(7, 2708)

        def around(h):
            return jax.ops.segment_sum(h[source] * weights, target, 2708, indices_are_sorted=True)

        def loss(layers):
            h = x
            for place, (weight, bias) in enumerate(layers):
                h = around(h @ weight) + bias
                h = jax.nn.relu(h) if place == 0 else h
            return mean_cross_entropy(h, labels)

        return dense_layers((1433, 16, 7)), loss
    if name == "mf_100k":
        users, items, targets = integers(943, 100_000), integers(1682, 100_000), normal(100_000)
        factors = [normal(943, 64) * 0.1, normal(1682, 64) * 0.1]
        return factors, lambda f: jnp.mean((jnp.sum(f[0][users] * f[1][items], axis=1) - targets) ** 2)
    if name == "two_tower":
        users, items, right = integers(5000, 512), integers(2000, 512), jnp.arange(512)
        towers = [(normal(count, 64), dense_layers((64, 64, 32))) for count in (5000, 2000)]

        def loss(towers):
            (p, first), (q, second) = towers
            return mean_cross_entropy(dense(first, p[users]) @ dense(second, q[items]).T, right)

        return towers, loss
    return None


def train(name):
    name, half = server.row(name)
    if name in server.GRAPHS:
        made = graph_loss(name)
        return made and steps(*made, adam_update)
    shape, classes, batch, kind = server.MODELS[name]
    update = sgd_update if kind == "sgd" else adam_update
    x = normal(batch, *shape)
    labels = jnp.asarray(random.integers(classes, size=batch, dtype=numpy.int32))
    criterion = mean_cross_entropy
    if name == "char_lstm":
        x = jnp.asarray(random.integers(classes, size=(batch, *shape), dtype=numpy.int32))
        labels = jnp.asarray(random.integers(classes, size=batch * shape[0], dtype=numpy.int32))
    if name == "lstm_forecast":
        labels, criterion = normal(batch, classes), mean_squared_error
    if name in server.GPTS:
        x = jnp.asarray(random.integers(classes, size=(batch, *shape), dtype=numpy.int32))
        labels = jnp.asarray(random.integers(classes, size=batch * shape[0], dtype=numpy.int32))
    if name in server.RECURRENT:
        layers, forward = recurrent(name)
    elif name in server.MLPS:
        layers, forward = dense_layers(server.MLPS[name]), dense
    elif name in server.GPTS:
        layers, forward = gpt(name)
    else:
        networks = {"lenet5": lenet5, "vgg_cifar": vgg_cifar, "resnet20": resnet20, "vit_small": vit_small}
        layers, forward = networks[name]()

    def loss(layers, x, labels):
        if half:
            layers, x = jax.tree.map(lambda a: a.astype(jnp.bfloat16) if a.dtype == jnp.float32 else a, (layers, x))
        return criterion(forward(layers, x).astype(jnp.float32), labels)

    return steps(layers, loss, update, x, labels)


def steps(layers, loss_of, update, *data):
    """Training steps as one jitted function of the state that the one before left."""

    def whole_step(state, *data):
        step, layers, first, second = state
        step = step + 1
        loss, gradients = jax.value_and_grad(loss_of)(layers, *data)
        w, tree = jax.tree.flatten(layers)
        updated = [
            update(*leaf, step)
            for leaf in zip(w, jax.tree.leaves(gradients), jax.tree.leaves(first), jax.tree.leaves(second))
        ]
        parts = [jax.tree.unflatten(tree, part) for part in zip(*updated)]
        return (step, *parts), loss

    jitted = jax.jit(whole_step, donate_argnums=0)
    zeros = lambda: jax.tree.map(jnp.zeros_like, layers)
    return keep_state(lambda state: jitted(state, *data)[0], (jnp.float32(0), layers, zeros(), zeros()))


def make(work, variant):
    if work[0] == "gemm":
        m, n, k = map(int, work[1:])
        return repeat(jax.jit(jnp.matmul), normal(m, k), normal(k, n))
    if work[0] == "kernel":
        return kernel(work[1])
    return train(work[1]) if server.row(work[1])[0] in server.MODELS else None


server.serve(f"JAX {jax.__version__}", {"gemm": ["jit"], "kernel": ["jit"], "train": ["jit"]}, make, wait)

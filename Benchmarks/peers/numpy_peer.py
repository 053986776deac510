"""numpy with its own OpenBLAS: matrix products, exp and tanh, and training steps written by hand, all in place."""

import server

server.threads()
np = server.load("numpy", "numpy")
random = np.random.default_rng(1)


def normal(*shape):
    return random.standard_normal(shape, dtype=np.float32)


def kernel(name):
    if name not in ("exp", "tanh"):
        return None
    x = normal(server.ELEMENTS)
    y = np.empty_like(x)
    function = getattr(np, name)
    return lambda: function(x, out=y)


class Parameter:
    """A weight or bias with its gradient and optimizer state, and the buffers that an update in place needs."""

    def __init__(self, value):
        self.value = value
        self.gradient, self.first, self.second, self.scratch = (np.zeros_like(value) for _ in range(4))

    def sgd(self, step):
        self.first *= np.float32(server.SGD["momentum"])
        self.first += self.gradient
        np.multiply(self.first, np.float32(server.SGD["learning_rate"]), out=self.scratch)
        self.value -= self.scratch

    def adam(self, step):
        o, g, scratch = server.ADAM, self.gradient, self.scratch
        self.first *= np.float32(o["beta1"])
        np.multiply(g, np.float32(1 - o["beta1"]), out=scratch)
        self.first += scratch
        self.second *= np.float32(o["beta2"])
        np.multiply(g, g, out=scratch)
        scratch *= np.float32(1 - o["beta2"])
        self.second += scratch
        np.multiply(self.second, np.float32(1 / (1 - o["beta2"] ** step)), out=scratch)
        np.sqrt(scratch, out=scratch)
        scratch += np.float32(o["epsilon"])
        np.divide(self.first, scratch, out=scratch)
        scratch *= np.float32(o["learning_rate"] / (1 - o["beta1"] ** step))
        self.value -= scratch


def train(name):
    widths, (_, _, batch, kind) = server.MLPS[name], server.MODELS[name]
    x = normal(batch, widths[0])
    rows = np.arange(batch)
    labels = random.integers(widths[-1], size=batch)
    weights = [Parameter(normal(i, o) * np.float32(i**-0.5)) for i, o in zip(widths, widths[1:])]
    biases = [Parameter(np.zeros(o, np.float32)) for o in widths[1:]]
    update = getattr(Parameter, kind)
    steps = 0

    def step():
        nonlocal steps
        steps += 1
        inputs = [x]
        for layer, (weight, bias) in enumerate(zip(weights, biases)):
            z = inputs[-1] @ weight.value
            z += bias.value
            if layer + 1 < len(weights):
                np.maximum(z, 0, out=z)
            inputs.append(z)
        # Softmax minus one-hot, over the batch: the gradient of the mean cross-entropy, with its value beside it.
        gradient = inputs.pop()
        gradient -= gradient.max(axis=1, keepdims=True)
        picked = gradient[rows, labels]
        np.exp(gradient, out=gradient)
        total = gradient.sum(axis=1, keepdims=True)
        step.loss = float((np.log(total[:, 0]) - picked).mean())
        gradient /= total
        gradient[rows, labels] -= 1
        gradient *= np.float32(1 / batch)
        for layer in reversed(range(len(weights))):
            np.matmul(inputs[layer].T, gradient, out=weights[layer].gradient)
            gradient.sum(axis=0, out=biases[layer].gradient)
            if layer > 0:
                gradient = gradient @ weights[layer].value.T
                gradient *= inputs[layer] > 0
        for parameter in weights + biases:
            update(parameter, steps)

    return step


def make(work, variant):
    if work[0] == "gemm":
        m, n, k = map(int, work[1:])
        a, b, c = normal(m, k), normal(k, n), np.empty((m, n), np.float32)
        return lambda: np.matmul(a, b, out=c)
    if work[0] == "kernel":
        return kernel(work[1])
    return train(work[1]) if work[1] in server.MLPS else None


version = np.__version__
server.serve(f"numpy {version}", {"gemm": ["OpenBLAS"], "kernel": ["numpy"], "train": ["in place"]}, make)

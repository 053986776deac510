#!/usr/bin/env python3
"""Trains a small network with libckernels from Python: `train.py xor` and `train.py digits FILE.csv[.gz]`.

ctypes hands the addresses of NumPy's arrays to the library: nothing is copied, nothing else is installed.
The library is looked for where CKERNELS_LIBRARY says, then in CKernels/build of this repository.
"""

import ctypes
import os
import sys

import numpy as np

FOLDER = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(FOLDER, "..", "..", "CKernels", "build")
SUFFIX = "dylib" if sys.platform == "darwin" else "so"
library = ctypes.CDLL(os.environ.get("CKERNELS_LIBRARY", os.path.join(BUILD, "libckernels." + SUFFIX)))

ABI_VERSION = 3
if library.ck_abi_version() != ABI_VERSION:
    sys.exit(f"train.py: written for ABI version {ABI_VERSION}, the library has {library.ck_abi_version()}")

# --- The part of ckernels/*.h that is used here.

float_array = np.ctypeslib.ndpointer(np.float32, flags="C_CONTIGUOUS")
int_array = np.ctypeslib.ndpointer(np.int32, flags="C_CONTIGUOUS")
pointer, i32, i64, u64, f32 = ctypes.c_void_p, ctypes.c_int32, ctypes.c_int64, ctypes.c_uint64, ctypes.c_float

NO_TRANSPOSE, TRANSPOSE = 0, 1
IDENTITY, RELU = 0, 1
OVERWRITE = 0
ADAM = 1


class Epilogue(ctypes.Structure):
    _fields_ = [("bias", pointer), ("activation", i32), ("activation_parameter", f32), ("preactivation", pointer)]


class Parameter(ctypes.Structure):
    _fields_ = [("value", pointer), ("gradient", pointer), ("state1", pointer), ("state2", pointer), ("count", i64),
                ("step", i64), ("learning_rate_scale", f32), ("weight_decay", f32), ("row_length", i64)]


class Adam(ctypes.Structure):
    _fields_ = [("learning_rate", f32), ("beta1", f32), ("beta2", f32), ("epsilon", f32), ("gradient_scale", f32),
                ("decoupled_weight_decay", ctypes.c_bool)]


class Optimizer(ctypes.Structure):
    """ck_optimizer; of its union, Adam is the largest member."""

    _fields_ = [("kind", i32), ("adam", Adam)]


library.ck_status_message.restype = ctypes.c_char_p


def declare(name, *arguments):
    """A function of the library that raises when its status is not CK_OK."""
    function = getattr(library, name)
    function.argtypes = arguments

    def call(*values):
        status = function(*values)
        if status != 0:
            raise ValueError(f"{name}: {library.ck_status_message(status).decode()}")

    return call


gemm = declare("ck_gemm_f32", i32, i32, i64, i64, i64, f32, pointer, i64, pointer, i64, f32, pointer, i64,
               ctypes.POINTER(Epilogue))
cross_entropy = declare("ck_softmax_cross_entropy", i64, i64, float_array, int_array, pointer, pointer, f32, f32,
                        ctypes.POINTER(f32), pointer, float_array)
bias_activation_backward = declare("ck_bias_activation_backward", i32, f32, i64, i64, pointer, pointer, pointer,
                                   pointer, i32)
optimizer_step = declare("ck_optimizer_step", ctypes.POINTER(Optimizer), i64, ctypes.POINTER(Parameter))
uniform = declare("ck_random_uniform", i64, u64, u64, f32, f32, float_array)


def product(a, b, out, transpose_a=False, transpose_b=False, bias=None, activation=IDENTITY):
    """out = activation(op(a) op(b) + bias), into `out`'s own memory."""
    m, n = out.shape
    k = a.shape[0] if transpose_a else a.shape[1]
    epilogue = Epilogue(bias.ctypes.data, activation, 0, None) if bias is not None else None
    gemm(int(transpose_a), int(transpose_b), m, n, k, 1, a.ctypes.data, a.shape[1], b.ctypes.data, b.shape[1], 0,
         out.ctypes.data, n, epilogue)


# --- The network: inputs - hidden (ReLU) - classes.


class Network:
    def __init__(self, inputs, hidden, classes, seed):
        shapes = [(inputs, hidden), (hidden,), (hidden, classes), (classes,)]
        self.values = [np.zeros(shape, np.float32) for shape in shapes]
        self.gradients = [np.zeros(shape, np.float32) for shape in shapes]
        self.moments = [np.zeros(shape, np.float32) for shape in shapes + shapes]
        # Weights uniform in ±sqrt(6 / fan-in) for ReLU (He et al. 2015), biases zero.
        for index, fan_in in ((0, inputs), (2, hidden)):
            limit = (6 / fan_in) ** 0.5
            uniform(self.values[index].size, seed + index, 0, -limit, limit, self.values[index])
        self.parameters = (Parameter * 4)(*[
            Parameter(v.ctypes.data, g.ctypes.data, m.ctypes.data, s.ctypes.data, v.size, 0, 1, 0)
            for v, g, m, s in zip(self.values, self.gradients, self.moments[:4], self.moments[4:])])
        self.optimizer = Optimizer(ADAM, Adam(beta1=0.9, beta2=0.999, epsilon=1e-8, gradient_scale=1))

    def forward(self, x):
        weight1, bias1, weight2, bias2 = self.values
        hidden = np.empty((len(x), len(bias1)), np.float32)
        logits = np.empty((len(x), len(bias2)), np.float32)
        product(x, weight1, hidden, bias=bias1, activation=RELU)
        product(hidden, weight2, logits, bias=bias2)
        return hidden, logits

    def train(self, x, labels, learning_rate):
        """One step of Adam; the mean loss of the batch."""
        hidden, logits = self.forward(x)
        batch, classes = logits.shape
        gradient1, gradient_bias1, gradient2, gradient_bias2 = self.gradients
        loss = f32()
        # The gradient by the logits replaces them.
        cross_entropy(batch, classes, logits, labels, None, None, 0, 1, loss, None, logits)
        bias_activation_backward(IDENTITY, 0, batch, classes, None, logits.ctypes.data, None,
                                 gradient_bias2.ctypes.data, OVERWRITE)
        product(hidden, logits, gradient2, transpose_a=True)
        delta = np.empty_like(hidden)
        product(logits, self.values[2], delta, transpose_b=True)
        bias_activation_backward(RELU, 0, *hidden.shape, hidden.ctypes.data, delta.ctypes.data, delta.ctypes.data,
                                 gradient_bias1.ctypes.data, OVERWRITE)
        product(x, delta, gradient1, transpose_a=True)
        self.optimizer.adam.learning_rate = learning_rate
        for parameter in self.parameters:
            parameter.step += 1
        optimizer_step(self.optimizer, 4, self.parameters)
        return loss.value

    def accuracy(self, x, labels):
        return float(np.mean(self.forward(x)[1].argmax(axis=1) == labels))


def train_xor():
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    labels = np.array([0, 1, 1, 0], np.int32)
    network = Network(2, 8, 2, seed=1)
    for _ in range(1000):
        loss = network.train(x, labels, 0.02)
    right = round(4 * network.accuracy(x, labels))
    print(f"xor: loss {loss:.4f} after 1000 steps, {right} of 4 right")
    return right == 4


def train_digits(path):
    table = np.loadtxt(path, np.float32, delimiter=",", skiprows=1)
    if table.shape[1] != 65:
        sys.exit(f"train.py: {path}: expected 64 pixels and a label a row, found {table.shape[1]} columns")
    random = np.random.default_rng(1)
    table = table[random.permutation(len(table))]
    x, labels = np.ascontiguousarray(table[:, :64] / 16), table[:, 64].astype(np.int32)
    test = len(x) // 5
    train = len(x) - test
    network = Network(64, 128, 10, seed=1)
    for epoch in range(1, 31):
        order = random.permutation(train)
        losses = [network.train(x[order[i:i + 64]], labels[order[i:i + 64]], 2e-3) for i in range(0, train - 63, 64)]
        if epoch % 10 == 0:
            print(f"digits: epoch {epoch}, loss {np.mean(losses):.4f}")
    accuracy = network.accuracy(x[train:], labels[train:])
    print(f"digits: {100 * accuracy:.1f}% of {test} held-out images right")
    return accuracy > 0.95


if __name__ == "__main__":
    if sys.argv[1:] == ["xor"]:
        learned = train_xor()
    elif len(sys.argv) == 3 and sys.argv[1] == "digits":
        learned = train_digits(sys.argv[2])
    else:
        print("usage: train.py xor | train.py digits FILE.csv[.gz]", file=sys.stderr)
        sys.exit(2)
    sys.exit(0 if learned else 1)

"""What every peer shares: `bench peers` starts one process a library and sends it one JSON request a line.

    {"command": "prepare", "work": "gemm 512 512 512", "variant": "eager"}      -> {"ok": true}, {"unsupported": true}
    {"command": "time", "work": …, "variant": …, "samples": 5, "seconds": 0.2}  -> {"times": [seconds of a call, …]}
    {"command": "drop"}                                                         -> {"ok": true}

Works: "gemm M N K", "kernel NAME", "train NAME", "decode NAME", "conv PASS BATCH SIZE INPUTS OUTPUTS KERNEL PADDING STRIDE
GROUPS" of a square picture, where PASS is forward, input or weight. The first line that a peer writes is {"peer": name and
version, "variants": {"gemm": […], "kernel": […], "train": […]}}, or {"missing": module, "install": packages}.
"""

import gc
import importlib
import json
import os
import sys
import time

# The rows of `bench train`: how a sample looks, classes, batch, optimizer. The same as in Workloads.swift.
MLPS = {
    "xor_mlp": (2, 8, 2),
    "mlp_small": (64, 128, 10),
    "mlp_mnist": (784, 512, 256, 10),
    "mlp_wide": (1024, 4096, 4096, 1024),
}
# Graphs and recommendation, whose shapes are in graph_models.py.
GRAPHS = ("gcn_cora", "gat_cora", "gin_molecules", "mf_100k", "two_tower")
MODELS = {
    "xor_mlp": ((2,), 2, 4, "sgd"),
    "mlp_small": ((64,), 10, 32, "adam"),
    "mlp_mnist": ((784,), 10, 128, "adam"),
    "mlp_wide": ((1024,), 1024, 256, "adam"),
    "lenet5": ((28, 28, 1), 10, 64, "adam"),
    "vgg_cifar": ((32, 32, 3), 10, 64, "adam"),
    "resnet20": ((32, 32, 3), 10, 64, "sgd"),
    "char_lstm": ((64,), 96, 32, "adam"),
    "gru_small": ((96, 16), 10, 32, "adam"),
    "lstm_forecast": ((96, 8), 24, 32, "adam"),
    "gpt_nano": ((64,), 65, 12, "adam"),
    "gpt_mini": ((256,), 256, 8, "adam"),
    "vit_small": ((32, 32, 3), 10, 64, "adam"),
    **{name: ((), 0, 0, "adam") for name in GRAPHS},
}
# A row's name with this behind it: the same with float32 weights and products in bfloat16.
BFLOAT16 = "_bf16"


def row(name):
    """The row that a name stands for, and whether its products are in bfloat16."""
    return name.removesuffix(BFLOAT16), name.endswith(BFLOAT16)


# Recurrent rows: cell and hidden units; characters have an embedding of so many numbers.
RECURRENT = {"char_lstm": ("lstm", 512), "gru_small": ("gru", 64), "lstm_forecast": ("lstm", 64)}
EMBEDDING = 128
# Layers, heads, width of the transformers: the normalisation in front, four times the width inside a block.
GPTS = {"gpt_nano": (4, 4, 128), "gpt_mini": (6, 6, 384)}
# Written token by token: vocabulary, context, layers, heads, width; tokens that have been read at the beginning.
DECODED = {"gpt2_small": (50257, 1024, 12, 12, 768)}
PROMPT = 64
VIT = {"layers": 6, "heads": 3, "width": 192, "patch": 4}
SGD = {"learning_rate": 0.1, "momentum": 0.9}
ADAM = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}

# The shapes of the kernel rows, as in PeerWorks.swift.
ELEMENTS = 1 << 20
SOFTMAX = (4096, 256)
CROSS_ENTROPY = (1024, 1000)
ADAM_PARAMETERS = (8, 1 << 19)

# A sample lasts at least this long: short calls are repeated within it.
SHORTEST_SAMPLE = 50e-6


def threads():
    """Binds the process to as many processors as the benchmark uses threads: the one setting that every library obeys.

    Call before importing a library: most of them count processors when they load.
    """
    count = int(sys.argv[1]) if len(sys.argv) > 1 else os.cpu_count()
    if hasattr(os, "sched_setaffinity"):
        processors = sorted(os.sched_getaffinity(0))[:count]
        os.sched_setaffinity(0, processors)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(count)
    # numpy's OpenBLAS chooses its own kernels best.
    os.environ.pop("OPENBLAS_CORETYPE", None)
    os.environ.pop("OPENBLAS_L2_SIZE", None)
    return count


def load(module, install):
    """The module, or a line that names what to install and the end of the process."""
    try:
        return importlib.import_module(module)
    except ImportError:
        write({"missing": module, "install": install})
        sys.exit(0)


# Libraries and compilers print to standard output at times: the answers keep a descriptor of their own.
_answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def write(answer):
    _answers.write(json.dumps(answer) + "\n")
    _answers.flush()


def sample(run, wait, samples, seconds):
    """Seconds of a call, again and again. `wait` returns when all work that `run` began is done."""
    calls = 1
    while True:
        begin = time.perf_counter()
        for _ in range(calls):
            run()
        wait()
        spent = time.perf_counter() - begin
        if spent >= SHORTEST_SAMPLE:
            break
        calls *= 2
    times = []
    start = time.perf_counter()
    while len(times) < samples or time.perf_counter() - start < seconds:
        begin = time.perf_counter()
        for _ in range(calls):
            run()
        wait()
        times.append((time.perf_counter() - begin) / calls)
        if len(times) >= 3 and time.perf_counter() - start > 10 * max(seconds, 0.1):
            break
    return times


def serve(peer, variants, make, wait=lambda: None):
    """`make(work, variant)` gives a function that does the work once, or None where the library has nothing for it."""
    write({"peer": peer, "variants": variants})
    prepared = {}
    # A collection in the middle of a step is not the library's time.
    gc.disable()
    for line in sys.stdin:
        try:
            request = json.loads(line)
            command = request["command"]
            key = (request.get("work"), request.get("variant"))
            if command == "prepare":
                run = make(key[0].split(), key[1])
                if run is None:
                    write({"unsupported": True})
                    continue
                for _ in range(5):
                    run()
                wait()
                prepared[key] = run
                write({"ok": True})
            elif command == "time":
                write({"times": sample(prepared[key], wait, request["samples"], request["seconds"])})
            elif command == "drop":
                prepared.clear()
                gc.collect()
                write({"ok": True})
            else:
                write({"error": f"unknown command {command}"})
        except Exception as error:  # the benchmark goes on with the next work
            write({"error": f"{type(error).__name__}: {error}".split("\n")[0]})

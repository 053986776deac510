#!/usr/bin/env python3
"""Golden values of Tests/MyelinTests/Models/Language/SentenceEncoderTests.swift: writes the folder sentence-encoder beside this file.

    pip install torch==2.13.0 && python3 Tests/golden/sentence_encoder.py

A small random encoder in the form of all-MiniLM-L6-v2, its tokenizer the lower-case WordPiece of tokenizers.json, and the
vectors of some texts by PyTorch: BERT's embeddings, blocks with the normalisation behind, the mean over the tokens, length 1.
"""

import json
import os
import struct

import torch
import torch.nn.functional as F

here = os.path.dirname(os.path.abspath(__file__))
folder = os.path.join(here, "sentence-encoder")
os.makedirs(os.path.join(folder, "1_Pooling"), exist_ok=True)
golden = next(t for t in json.load(open(os.path.join(here, "tokenizers.json"))) if t["name"] == "WordPiece, lower case")
config = {
    "model_type": "bert", "vocab_size": 260, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
    "intermediate_size": 24, "hidden_act": "gelu", "max_position_embeddings": 40, "type_vocab_size": 2,
    "layer_norm_eps": 1e-12, "position_embedding_type": "absolute",
}
d, inner, heads = config["hidden_size"], config["intermediate_size"], config["num_attention_heads"]
torch.manual_seed(0)
weights = {}


def add(name, *shape, mean=0.0):
    # Few bits, so that the file packs well and says the same in any precision.
    weights[name] = torch.round((torch.randn(*shape) * 0.3 + mean) * 64) / 64


def norm(name):
    add(name + ".weight", d, mean=1.0)
    add(name + ".bias", d)


def dense(name, inputs, outputs):
    add(name + ".weight", outputs, inputs)
    add(name + ".bias", outputs)


for name, count in [("word", 260), ("position", 40), ("token_type", 2)]:
    add(f"embeddings.{name}_embeddings.weight", count, d)
norm("embeddings.LayerNorm")
for layer in range(config["num_hidden_layers"]):
    block = f"encoder.layer.{layer}"
    for part in ["query", "key", "value"]:
        dense(f"{block}.attention.self.{part}", d, d)
    dense(f"{block}.attention.output.dense", d, d)
    norm(f"{block}.attention.output.LayerNorm")
    dense(f"{block}.intermediate.dense", d, inner)
    dense(f"{block}.output.dense", inner, d)
    norm(f"{block}.output.LayerNorm")
dense("pooler.dense", d, d)


def embed(tokens):
    w = {name: tensor.double() for name, tensor in weights.items()}

    def layer_norm(x, name):
        return F.layer_norm(x, [d], w[name + ".weight"], w[name + ".bias"], config["layer_norm_eps"])

    def linear(x, name):
        return F.linear(x, w[name + ".weight"], w[name + ".bias"])

    x = w["embeddings.word_embeddings.weight"][tokens] + w["embeddings.position_embeddings.weight"][: len(tokens)]
    x = layer_norm(x + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for layer in range(config["num_hidden_layers"]):
        block = f"encoder.layer.{layer}"
        q, k, v = (
            linear(x, f"{block}.attention.self.{part}").view(len(tokens), heads, d // heads).transpose(0, 1)
            for part in ["query", "key", "value"])
        y = F.scaled_dot_product_attention(q, k, v).transpose(0, 1).reshape(len(tokens), d)
        x = layer_norm(x + linear(y, f"{block}.attention.output.dense"), f"{block}.attention.output.LayerNorm")
        y = linear(F.gelu(linear(x, f"{block}.intermediate.dense")), f"{block}.output.dense")
        x = layer_norm(x + y, f"{block}.output.LayerNorm")
    return F.normalize(x.mean(0), dim=0)


header, data = {"__metadata__": {"format": "pt"}}, b""
for name, tensor in weights.items():
    raw = tensor.float().numpy().astype("<f4").tobytes()
    header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
    data += raw
text = json.dumps(header, separators=(",", ":")).encode()
text += b" " * (-len(text) % 8)
with open(os.path.join(folder, "model.safetensors"), "wb") as out:
    out.write(struct.pack("<Q", len(text)) + text + data)


def write(name, value):
    with open(os.path.join(folder, name), "w") as out:
        json.dump(value, out, separators=(",", ":"))
        out.write("\n")


write("config.json", config)
write("tokenizer.json", golden["tokenizer"])
write("sentence_bert_config.json", {"max_seq_length": 32, "do_lower_case": False})
write("1_Pooling/config.json", {"word_embedding_dimension": d, "pooling_mode_cls_token": False,
                                "pooling_mode_mean_tokens": True, "pooling_mode_max_tokens": False})
write("modules.json", [
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
    {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
])
expected = []
for case in golden["cases"]:
    ids = case["ids"]
    if len(ids) > 32:
        ids = ids[:31] + ids[-1:]
    expected.append({"text": case["text"], "vector": [round(x, 7) for x in embed(torch.tensor(ids)).tolist()]})
write("expected.json", expected)

"""Golden values of tokenizers: writes tokenizers.json beside this file.

Small tokenizers of each kind are trained by Hugging Face's `tokenizers` (0.23) on the lines below, and asked for the tokens
of texts that are hard. Run: python3 tokenizers.py
"""

import json
import os
import unicodedata

# Not from this folder, whose file has the same name.
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path = [p for p in sys.path if os.path.abspath(p or ".") != here]

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

lines = [
    "It is a truth universally acknowledged, that a single man in possession of a good fortune",
    "must be in want of a wife. However little known the feelings or views of such a man may be",
    "on his first entering a neighbourhood, this truth is so well fixed in the minds of the",
    "surrounding families, that he is considered the rightful property of some one or other",
    "of their daughters. Hello, world! Déjà vu: naïve café, Ångström. 1234 5678 and 90.",
    "they're we've I'll don't can't it's she'd I'm; 日本語 and 中文, Привет мир.",
] * 3

texts = [
    "", " ", "It is a truth", "  two  blanks  ", "line\nbreak\r\n\ttab \n\n  x", "don't can't we're THEY'RE 's'",
    "unacknowledged fortunes, neighbourhoods!", "naïve Ångström déjà vu", "日本語 text 中文字", "Привет, мир!",
    "emoji 🙂👍🏽 end", "numbers 3.14159 and 1,000,000 ½ ²", "a_b-c (d) [e] {f} <g> #h @i $5 50% ~ ^ ` | \\ /",
    "[CLS] not special? [SEP][MASK] yes", "ﬁ ligature Ⅷ ①", "e\u0301 combining", "\u00a0nbsp\u3000wide\u200bzero",
    "x" * 120, "ab" * 60, "the the the the", "\ufffd replacement \u0000 zero",
]


def case(name, tokenizer):
    cases = []
    for text in texts:
        encoding = tokenizer.encode(text)
        plain = tokenizer.encode(text, add_special_tokens=False).ids
        cases.append({"text": text, "ids": encoding.ids, "plain": plain, "decoded": tokenizer.decode(encoding.ids)})
    return {"name": name, "tokenizer": json.loads(tokenizer.to_str()), "cases": cases}


result = []

# GPT-2's and RoBERTa's form.
tokenizer = Tokenizer(models.BPE())
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
tokenizer.decoder = decoders.ByteLevel()
tokenizer.train_from_iterator(
    lines, trainers.BpeTrainer(vocab_size=420, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
                               special_tokens=["<|endoftext|>"], show_progress=False))
result.append(case("byte-level BPE", tokenizer))

tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
tokenizer.add_special_tokens(["<s>", "</s>", AddedToken("[MASK]", lstrip=True)])
tokenizer.post_processor = processors.RobertaProcessing(
    ("</s>", tokenizer.token_to_id("</s>")), ("<s>", tokenizer.token_to_id("<s>")))
result.append(case("RoBERTa", tokenizer))

# BERT's form, as all-MiniLM-L6-v2 has it.
special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
for lowercase in [True, False]:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.train_from_iterator(
        lines, trainers.WordPieceTrainer(vocab_size=260, special_tokens=special, show_progress=False))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(t, tokenizer.token_to_id(t)) for t in ["[CLS]", "[SEP]"]])
    result.append(case("WordPiece" + (", lower case" if lowercase else ""), tokenizer))

# The form of multilingual encoders.
tokenizer = Tokenizer(models.Unigram())
tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace("  ", " ")])
tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
tokenizer.decoder = decoders.Metaspace()
tokenizer.train_from_iterator(
    lines, trainers.UnigramTrainer(vocab_size=200, special_tokens=["<s>", "<pad>", "</s>", "<unk>"], unk_token="<unk>",
                                   show_progress=False))
tokenizer.post_processor = processors.TemplateProcessing(
    single="<s> $A </s>", special_tokens=[(t, tokenizer.token_to_id(t)) for t in ["<s>", "</s>"]])
result.append(case("Unigram", tokenizer))

# Llama's form.
tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
tokenizer.decoder = decoders.Sequence(
    [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
tokenizer.train_from_iterator(
    lines, trainers.BpeTrainer(
        vocab_size=440, special_tokens=["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)],
        show_progress=False))
file = json.loads(tokenizer.to_str())
# Bytes are pieces and no special tokens in such files.
file["added_tokens"] = [t for t in file["added_tokens"] if not t["content"].startswith("<0x")]
tokenizer = Tokenizer.from_str(json.dumps(file))
result.append(case("BPE with bytes to fall back to", tokenizer))

with open(os.path.join(here, "tokenizers.json"), "w") as out:
    json.dump(result, out, ensure_ascii=True, separators=(",", ":"))
    out.write("\n")

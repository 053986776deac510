#!/usr/bin/env python3
"""Golden values of Tests/MyelinTests/Metrics/TranslationScoreTests.swift, by sacreBLEU.

    pip install sacrebleu==2.6.0 && python3 Tests/golden/translation.py
"""

import sacrebleu

pairs = [
    ("Hunden springer i parken.", "Hunden springer i parken."),
    ("Jag vet inte, men 3,5 - 4 km är långt!", "Jag vet inte men 3.5-4 km är väldigt långt!"),
    ('Han sade: "Kom hit" & gick (snabbt).', 'Han sa: &quot;Kom hit&quot; och gick {snabbt}.'),
    ("den den den den", "den katten och den hunden"),
    ("A b", "Something else entirely ..."),
    ("", "inte tom"),
    ("10-20, 1,000.5 e.g. U.S.A., well...", "10-20 , 1,000.5 e.g. the U.S.A. well ..."),
]
for part in [pairs, pairs[:1], pairs[3:5], pairs[4:5], pairs[1:3]]:
    hypotheses, references = [p[0] for p in part], [[p[1] for p in part]]
    bleu = sacrebleu.corpus_bleu(hypotheses, references).score
    chrf = sacrebleu.corpus_chrf(hypotheses, references).score
    print(f"{bleu:.10g}, {chrf:.10g}")
tokenize = sacrebleu.tokenizers.tokenizer_13a.Tokenizer13a()
for a, b in pairs:
    print(tokenize(a), "|", tokenize(b))

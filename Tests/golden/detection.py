#!/usr/bin/env python3
"""Average precisions of Tests/MyelinTests/Metrics/DetectionScoresTests.swift, by pycocotools.

    pip install numpy pycocotools==2.0.11 && python3 Tests/golden/detection.py
"""

import contextlib
import io

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def words(name, count):
    """Numbers below 2^63: FNV-1a of the name, then splitmix64 of each place."""
    mask = (1 << 64) - 1
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = (seed ^ byte) * 0x100000001B3 & mask
    result = []
    for place in range(1, count + 1):
        z = seed + place * 0x9E3779B97F4A7C15 & mask
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & mask
        z = (z ^ z >> 27) * 0x94D049BB133111EB & mask
        result.append((z ^ z >> 31) >> 1)
    return result


def pictures():
    """Boxes (left, top, right, bottom, label) of each picture, and found ones with a score behind."""
    for index in range(12):
        w = words(f"truth {index}", 200)
        truth = []
        for k in range(w[0] % 7):
            left, top = w[5 * k + 1] % 60, w[5 * k + 2] % 40
            truth.append((left, top, left + 4 + w[5 * k + 3] % 20, top + 4 + w[5 * k + 4] % 20, w[5 * k + 5] % 3))
        w = words(f"found {index}", 200)
        found = []
        for k, (left, top, right, bottom, label) in enumerate(truth * 2):
            m = w[6 * k : 6 * k + 6]
            moved = (left + m[0] % 5, top + m[1] % 5, right + m[2] % 5, bottom + m[3] % 5)
            found.append((*moved, label if m[4] % 8 else 3, m[5] % 50))
        for k in range(100, 104):
            left, top = w[k] % 60, w[k + 10] % 40
            found.append((left, top, left + 10, top + 10, w[k + 20] % 3, w[k + 30] % 50))
        yield truth, found


truths, results = [], []
for image, (truth, found) in enumerate(pictures(), 1):
    for left, top, right, bottom, label in truth:
        box = [left, top, right - left, bottom - top]
        truths.append(
            dict(id=len(truths) + 1, image_id=image, category_id=label + 1, bbox=box, area=box[2] * box[3], iscrowd=0)
        )
    for left, top, right, bottom, label, score in found:
        box = [left, top, right - left, bottom - top]
        results.append(dict(image_id=image, category_id=label + 1, bbox=box, score=score / 50))
with contextlib.redirect_stdout(io.StringIO()):
    coco = COCO()
    coco.dataset = dict(
        images=[dict(id=i + 1) for i in range(12)], annotations=truths, categories=[dict(id=i + 1) for i in range(4)]
    )
    coco.createIndex()
    evaluation = COCOeval(coco, coco.loadRes(results), "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
print("mAP@[.5:.95], mAP@0.5:", evaluation.stats[0], evaluation.stats[1])
precision = evaluation.eval["precision"][:, :, :, 0, 2]  # thresholds, recalls, classes
for label in range(3):
    print("class", label, [round(float(x), 6) for x in precision[:, :, label].mean(axis=1)])

"""Figures of FrechetDistanceTests: numpy and scipy."""

import numpy as np
from scipy.linalg import sqrtm


def values(rows, columns, step):
    index = np.arange(rows * columns)
    return ((index * step * 7919 + 104729) % 10007 / 5003.5 - 1).reshape(rows, columns)


a = values(40, 6, 1)
b = values(25, 6, 3) ** 2 + 0.5 * values(25, 6, 2)[:, ::-1]
means, covariances = [x.mean(0) for x in (a, b)], [np.cov(x, rowvar=False) for x in (a, b)]
root = sqrtm(covariances[0] @ covariances[1]).real
print(((means[0] - means[1]) ** 2).sum() + np.trace(covariances[0] + covariances[1] - 2 * root))
print(np.linalg.eigvalsh(covariances[0]).tolist())

"""Surprise's SVD and implicit's ALS on the parts of ratings that `myelin train recommend` makes.

    pip install scikit-surprise implicit pandas
    python3 Benchmarks/peers/recommendation.py

NDCG and recall of ten items that a user has not had in the training, as RatingModel measures them. The settings of ALS are
the best of some by the validation part; SVD has those of its documentation and the best of some.
"""

import math
import os
import pathlib

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # implicit asks for it

import implicit
import numpy as np
import pandas as pd
import scipy.sparse as sp
import surprise

from splits import last_parts

DATA = pathlib.Path(__file__).parents[2] / "Sources/MyelinModels/Resources/movietweetings-ratings.csv.gz"
ratings = pd.read_csv(DATA, dtype={"movie": str})
user = ratings.user.astype("category").cat.codes.to_numpy()
item = ratings.movie.astype("category").cat.codes.to_numpy()
value, time = ratings.rating.to_numpy(float), ratings.time.tolist()
users, items = user.max() + 1, item.max() + 1


def ranking(scores, known, wanted):
    seen = sp.csr_matrix((np.ones(len(known)), (user[known], item[known])), shape=(users, items)).tolil().rows
    wanted_of = {}
    for row in wanted:
        wanted_of.setdefault(user[row], set()).add(item[row])
    gains, recalls = [], []
    for u, own in wanted_of.items():
        row = np.array(scores(u), dtype=float)
        row[seen[u]] = -np.inf
        best = np.argsort(-row, kind="stable")[:10]
        hits = [i in own for i in best]
        gain = sum(h / math.log2(p + 2) for p, h in enumerate(hits))
        gains.append(gain / sum(1 / math.log2(p + 2) for p in range(min(10, len(own)))))
        recalls.append(sum(hits) / len(own))
    return np.mean(gains), np.mean(recalls)


def als(known, factors, regularization, alpha):
    model = implicit.als.AlternatingLeastSquares(
        factors=factors, regularization=regularization, alpha=alpha, iterations=15, random_state=0)
    model.fit(
        sp.csr_matrix((np.ones(len(known), np.float32), (user[known], item[known])), shape=(users, items)),
        show_progress=False)
    return lambda u: model.item_factors @ model.user_factors[u]


def svd(known, wanted, **settings):
    reader = surprise.Reader(rating_scale=(0, 10))
    frame = pd.DataFrame({"u": user[known], "i": item[known], "r": value[known]})
    model = surprise.SVD(random_state=0, **settings)
    model.fit(surprise.Dataset.load_from_df(frame, reader).build_full_trainset())
    errors = [model.predict(user[row], item[row]).est - value[row] for row in wanted]
    return math.sqrt(np.mean(np.square(errors)))


training, validation, _ = last_parts(user.tolist(), time, 0.2, 0.2)
choices = [(f, r, a) for f in (8, 16, 32) for r in (0.1, 1, 10) for a in (1, 5, 10)]
best = max(choices, key=lambda c: ranking(als(training, *c), training, validation)[0])
choices = [dict(), dict(n_factors=16), dict(n_factors=16, reg_all=0.1), dict(n_factors=16, n_epochs=40, reg_all=0.1)]
best_svd = min(choices, key=lambda c: svd(training, validation, **c))

training, _, test = last_parts(user.tolist(), time, 0, 0.2)
counts = np.bincount(item[training], minlength=items)
print("popular items: NDCG@10 %.4f, recall@10 %.4f" % ranking(lambda u: counts, training, test))
print(f"implicit ALS {best}: NDCG@10 %.4f, recall@10 %.4f" % ranking(als(training, *best), training, test))
print(f"Surprise SVD: RMSE {svd(training, test):.4f}; {best_svd}: {svd(training, test, **best_svd):.4f}")

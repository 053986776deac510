"""A random forest on RDKit's fingerprints, on the parts that `myelin train molecules` makes of a seed.

    pip install rdkit scikit-learn pandas
    python3 Benchmarks/peers/molecules.py
"""

import pathlib

import numpy as np
import pandas as pd
from rdkit import Chem, RDLogger
from rdkit.Chem import Descriptors, rdFingerprintGenerator
from sklearn.ensemble import RandomForestRegressor

from splits import random_parts

RDLogger.DisableLog("rdApp.*")
DATA = pathlib.Path(__file__).parents[2] / "Sources/MyelinModels/Resources/b3db-logbb.csv"
table = pd.read_csv(DATA)
molecules = [Chem.MolFromSmiles(s) for s in table.smiles]
y = table.logBB.to_numpy()
morgan = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
topological = rdFingerprintGenerator.GetRDKitFPGenerator(fpSize=2048)
kinds = {
    "Morgan fingerprints": np.array([morgan.GetFingerprintAsNumPy(m) for m in molecules]),
    "RDKit fingerprints": np.array([topological.GetFingerprintAsNumPy(m) for m in molecules]),
    "RDKit descriptors": np.nan_to_num(
        np.array([[f(m) for _, f in Descriptors.descList] for m in molecules], dtype=float), posinf=0, neginf=0
    ).clip(-1e6, 1e6),
}
for name, x in kinds.items():
    errors = []
    for seed in range(5):
        training, _, test = random_parts(len(y), 0, 0.2, seed)
        forest = RandomForestRegressor(300, min_samples_leaf=1, max_features=0.33, random_state=seed, n_jobs=-1)
        forest.fit(x[training], y[training])
        errors.append(np.sqrt(np.mean((forest.predict(x[test]) - y[test]) ** 2)))
    print(f"random forest on {name}: RMSE {np.mean(errors):.4f} (seeds 0-4: {', '.join(f'{e:.3f}' for e in errors)})")

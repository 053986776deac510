"""Myelin's default beside gradient boosting and others, all at their defaults, on tables of fetch.py.

    python Benchmarks/tabular/fetch.py build/tables
    swift build -c release --product myelin
    python Benchmarks/tabular/compare.py build/tables --myelin .build/release/myelin

For each table and each of three splits (a fifth of the rows is the test) every model is fitted and scored: accuracy and
log-loss and, with two classes, the area under the ROC curve; R² and the root mean squared error of a regression; and the
CPU-seconds of fitting, all threads together. At the end: the average rank by score and by loss, and the mean CPU-seconds.

Needs pandas and scikit-learn; catboost, lightgbm and xgboost are left out where they are not installed. Each table is a CSV
file whose name, target and task stand in tables.csv beside it.
"""

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, log_loss, mean_squared_error, r2_score, roc_auc_score
from sklearn.model_selection import train_test_split

warnings.filterwarnings("ignore")

MODELS = ["myelin", "catboost", "lightgbm", "xgboost", "histogram", "forest", "linear", "mlp"]


def category_columns(frame):
    return [name for name in frame.columns if not pd.api.types.is_numeric_dtype(frame[name])]


def as_categories(train, test):
    """Text columns as pandas categories with the levels of the training rows."""
    train, test = train.copy(), test.copy()
    for name in category_columns(train):
        levels = sorted(train[name].dropna().astype(str).unique())
        for frame in (train, test):
            frame[name] = pd.Categorical(frame[name].where(frame[name].isna(), frame[name].astype(str)), levels)
    return train, test


def numeric_pipeline(model, train):
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    texts = category_columns(train)
    numbers = [name for name in train.columns if name not in texts]
    return make_pipeline(
        ColumnTransformer([
            ("numbers", make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler()), numbers),
            ("texts", OneHotEncoder(handle_unknown="ignore", max_categories=100), texts),
        ]), model)


def fit_peer(name, is_regression, train, target, test, seed):
    """Probabilities [rows, classes], or numbers [rows]; target is 0, 1, … for a classification."""
    if name == "catboost":
        import catboost

        texts = category_columns(train)
        train, test = train.copy(), test.copy()
        for column in texts:
            for frame in (train, test):
                frame[column] = frame[column].astype(object).where(frame[column].notna(), "missing").astype(str)
        kind = catboost.CatBoostRegressor if is_regression else catboost.CatBoostClassifier
        model = kind(random_seed=seed, verbose=0, cat_features=texts, allow_writing_files=False)
    elif name == "lightgbm":
        import lightgbm

        train, test = as_categories(train, test)
        # It refuses names with characters of JSON.
        train.columns = test.columns = [f"c{i}" for i in range(train.shape[1])]
        kind = lightgbm.LGBMRegressor if is_regression else lightgbm.LGBMClassifier
        model = kind(random_state=seed, verbose=-1)
    elif name == "xgboost":
        import xgboost

        train, test = as_categories(train, test)
        train.columns = test.columns = [f"c{i}" for i in range(train.shape[1])]
        kind = xgboost.XGBRegressor if is_regression else xgboost.XGBClassifier
        model = kind(random_state=seed, enable_categorical=True)
    elif name == "histogram":
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        train, test = as_categories(train, test)
        for column in category_columns(train):
            # More categories than bins are refused: the rarest share one.
            if len(train[column].cat.categories) > 254:
                kept = train[column].value_counts().index[:253]
                for frame in (train, test):
                    frame[column] = frame[column].where(frame[column].isin(kept)).cat.set_categories(kept)
        kind = HistGradientBoostingRegressor if is_regression else HistGradientBoostingClassifier
        model = kind(random_state=seed, categorical_features="from_dtype")
    elif name == "forest":
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

        kind = RandomForestRegressor if is_regression else RandomForestClassifier
        model = numeric_pipeline(kind(random_state=seed), train)
    elif name == "linear":
        from sklearn.linear_model import LogisticRegression, Ridge

        model = numeric_pipeline(Ridge() if is_regression else LogisticRegression(max_iter=1000), train)
    else:
        from sklearn.neural_network import MLPClassifier, MLPRegressor

        kind = MLPRegressor if is_regression else MLPClassifier
        model = numeric_pipeline(kind(random_state=seed), train)
    start = time.process_time()
    model.fit(train, target)
    seconds = time.process_time() - start
    return (np.asarray(model.predict(test)).reshape(-1) if is_regression else model.predict_proba(test)), seconds


def fit_myelin(command, extra, is_regression, train, target, test, classes, seed):
    with tempfile.TemporaryDirectory() as folder:
        train.assign(**{"target column": target}).to_csv(f"{folder}/train.csv", index=False)
        test.to_csv(f"{folder}/test.csv", index=False)
        # One row for a test of its own: it wants one.
        arguments = [
            command, "train", f"{folder}/train.csv", "--target", "target column", "--output", f"{folder}/run",
            "--test", str(1.01 / len(train)), "--seed", str(seed), "--json",
            "--task", "regression" if is_regression else "classification"
        ] + extra
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        subprocess.run([command, "predict", f"{folder}/run", "--input", f"{folder}/test.csv", "--output",
                        f"{folder}/answers.csv"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        answers = pd.read_csv(f"{folder}/answers.csv", keep_default_na=False)
    if is_regression:
        return answers.iloc[:, 0].astype(float).to_numpy(), seconds
    return answers[[f"probability_{name}" for name in classes]].to_numpy(float), seconds


def score(is_regression, truth, answer, classes):
    if is_regression:
        return {"score": r2_score(truth, answer), "loss": mean_squared_error(truth, answer) ** 0.5}
    answer = np.clip(answer, 1e-7, 1)
    answer /= answer.sum(axis=1, keepdims=True)
    result = {
        "score": accuracy_score(truth, answer.argmax(axis=1)),
        "loss": log_loss(truth, answer, labels=range(len(classes))),
    }
    if len(classes) == 2:
        result["auc"] = roc_auc_score(truth, answer[:, 1])
    return result


def run(table, folder, models, split, options, most_rows):
    frame = pd.read_csv(f"{folder}/{table['name']}.csv", low_memory=False)
    frame = frame.dropna(subset=[table["target"]])
    if most_rows and len(frame) > most_rows:
        frame = frame.sample(most_rows, random_state=split)
    is_regression = table["task"] == "regression"
    if not is_regression:
        # A class of one row, as taking some rows of a large table may leave, can't be in both parts.
        counts = frame[table["target"]].value_counts()
        frame = frame[frame[table["target"]].map(counts) > 1]
    target = frame.pop(table["target"])
    classes = []
    if not is_regression:
        # As Myelin orders and names them.
        target = target.astype(str)
        classes = sorted(target.unique())
        target = target.map({name: index for index, name in enumerate(classes)})
    train, test, train_target, test_target = train_test_split(
        frame, target, test_size=0.2, random_state=split, stratify=None if is_regression else target)
    for name in models:
        try:
            if name.startswith("myelin"):
                named = train_target if is_regression else train_target.map(lambda index: f"class {index:04}")
                answer, seconds = fit_myelin(
                    options.myelin, options.variants[name], is_regression, train, named, test,
                    [f"class {index:04}" for index in range(len(classes))], split)
            else:
                answer, seconds = fit_peer(name, is_regression, train, train_target, test, split)
        except ImportError:
            continue
        yield {
            "table": table["name"], "rows": len(frame), "split": split, "model": name, "seconds": seconds,
            **score(is_regression, test_target, answer, classes)
        }


def report(results):
    results = pd.DataFrame(results)
    means = results.groupby(["table", "model"], sort=False)[[c for c in ("score", "loss", "auc", "seconds") if c in results]].mean()
    print(means.round(4).to_string())
    scores, losses = (means[column].unstack("model") for column in ("score", "loss"))
    summary = pd.DataFrame({
        "rank by score": scores.rank(axis=1, ascending=False).mean(),
        "rank by loss": losses.rank(axis=1).mean(),
        "CPU-seconds": results.groupby("model").seconds.mean(),
    })
    print()
    print(summary.sort_values("rank by loss").round(2).to_string())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="what fetch.py made")
    parser.add_argument("--myelin", default=".build/release/myelin", help="the command")
    parser.add_argument("--tables", help="names with commas between them (default: all)")
    parser.add_argument("--models", default=",".join(MODELS), help="names with commas between them")
    parser.add_argument("--variant", action="append", default=[], metavar="NAME=OPTIONS",
                        help="Myelin once more with other options, as small=--preset fast")
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--rows", type=int, help="take so many rows of larger tables")
    parser.add_argument("--save", help="a file of results, a JSON object a line; what it has already is not run again")
    options = parser.parse_args()
    options.variants = {"myelin": []}
    models = [name for name in options.models.split(",") if name]
    for variant in options.variant:
        name, _, arguments = variant.partition("=")
        options.variants[f"myelin {name}"] = arguments.split()
        models.append(f"myelin {name}")
    with open(f"{options.folder}/tables.csv") as file:
        tables = list(csv.DictReader(file))
    if options.tables:
        tables = [table for table in tables if table["name"] in options.tables.split(",")]
    results = []
    if options.save and os.path.exists(options.save):
        with open(options.save) as file:
            results = [json.loads(line) for line in file]
    done = {(r["table"], r["split"], r["model"]) for r in results}
    for table in tables:
        for split in range(options.splits):
            left = [name for name in models if (table["name"], split, name) not in done]
            for result in run(table, options.folder, left, split, options, options.rows):
                results.append(result)
                print({k: round(v, 4) if isinstance(v, float) else v for k, v in result.items()}, file=sys.stderr)
                if options.save:
                    with open(options.save, "a") as file:
                        file.write(json.dumps(result) + "\n")
    names = {table["name"] for table in tables}
    report([r for r in results if r["table"] in names and r["model"] in models and r["split"] < options.splits])


if __name__ == "__main__":
    main()

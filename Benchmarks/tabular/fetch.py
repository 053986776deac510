"""The development tables of compare.py, as CSV files in a folder, with tables.csv that says what each is.

    python Benchmarks/tabular/fetch.py FOLDER [--shipped Sources/MyelinModels/Resources]

From this package's own data, and from R packages of Debian or Ubuntu (`apt-get download`, nothing is installed). Needs
pandas and `rdata`. A default is chosen on these; what judges it is other tables.
"""

import argparse
import csv
import os
import subprocess
import tempfile
import zlib

import pandas as pd
import rdata

# Table, package, object (or file), target, task, columns to leave out, licence.
TABLES = [
    ("churn", None, "mlc_churn.csv.gz", "churn", "classification", [], "MIT"),
    ("penguins", None, "penguins.csv", "species", "classification", ["year"], "CC0"),
    ("digits", None, "digits.csv.gz", "label", "classification", [], "CC BY 4.0"),
    ("wine", None, "wine.csv", "class", "classification", [], "CC BY 4.0"),
    ("diamonds", "r-cran-ggplot2", "diamonds", "price", "regression", [], "MIT (package)"),
    ("diamond_cut", "r-cran-ggplot2", "diamonds", "cut", "classification", [], "MIT (package)"),
    ("attrition", "r-cran-modeldata", "attrition", "Attrition", "classification", [], "MIT (package)"),
    ("credit", "r-cran-modeldata", "credit_data", "Status", "classification", [], "MIT (package)"),
    ("cells", "r-cran-modeldata", "cells", "class", "classification", ["case"], "MIT (package)"),
    ("car_prices", "r-cran-modeldata", "car_prices", "Price", "regression", [], "MIT (package)"),
    ("boston", "r-cran-mlbench", "BostonHousing", "medv", "regression", [], "GPL-2 (package)"),
    ("vehicle", "r-cran-mlbench", "Vehicle", "Class", "classification", [], "GPL-2 (package)"),
    ("vowel", "r-cran-mlbench", "Vowel", "Class", "classification", [], "GPL-2 (package)"),
    ("pima", "r-cran-mlbench", "PimaIndiansDiabetes2", "diabetes", "classification", [], "GPL-2 (package)"),
    ("soybean", "r-cran-mlbench", "Soybean", "Class", "classification", [], "GPL-2 (package)"),
    ("shuttle", "r-cran-mlbench", "Shuttle", "Class", "classification", [], "GPL-2 (package)"),
    ("spam", "r-cran-kernlab", "spam", "type", "classification", [], "GPL-2 (package)"),
    ("income", "r-cran-kernlab", "income", "INCOME", "classification", [], "GPL-2 (package)"),
    ("wages", "r-cran-aer", "CPS1988", "wage", "regression", [], "GPL-2 or 3 (package)"),
    ("house_prices", "r-cran-aer", "HousePrices", "price", "regression", [], "GPL-2 or 3 (package)"),
    ("mortgages", "r-cran-aer", "HMDA", "deny", "classification", [], "GPL-2 or 3 (package)"),
    ("students", "r-cran-aer", "CollegeDistance", "score", "regression", [], "GPL-2 or 3 (package)"),
]


def lazy(data, name):
    """An object of a package's lazy-load database: rdx says where in rdb it lies, compressed."""
    index = rdata.conversion.convert(rdata.parser.parse_file(f"{data}/Rdata.rdx"))
    start, length = (int(x) for x in index["variables"][name])
    with open(f"{data}/Rdata.rdb", "rb") as file:
        file.seek(start)
        packed = file.read(length)
    # The uncompressed length, then a letter where it is not zlib.
    kind, body = packed[4:5], packed[5:]
    if kind == b"2":
        import bz2

        raw = bz2.decompress(body)
    elif kind == b"Z":
        import lzma

        raw = lzma.decompress(body, format=lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2, "preset": 6}])
    else:
        raw = zlib.decompress(packed[4:])
    return rdata.conversion.convert(rdata.parser.parse_data(raw))


def load(root, name):
    if os.path.exists(f"{root}/data/Rdata.rdb"):
        return lazy(f"{root}/data", name)
    return rdata.read_rda(f"{root}/data/{name}.rda")[name]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--shipped", default="Sources/MyelinModels/Resources", help="the package's own data")
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        for package in sorted({table[1] for table in TABLES if table[1]}):
            subprocess.run(["apt-get", "download", package], cwd=temporary, check=True, capture_output=True)
            archive = next(name for name in os.listdir(temporary) if name.startswith(f"{package}_"))
            subprocess.run(["dpkg-deb", "-x", archive, package], cwd=temporary, check=True)
        for name, package, source, target, task, ignored, licence in TABLES:
            if package is None:
                frame = pd.read_csv(f"{options.shipped}/{source}")
            else:
                library = f"{temporary}/{package}/usr/lib/R/site-library"
                try:
                    frame = load(f"{library}/{os.listdir(library)[0]}", source)
                except Exception as error:
                    print(f"{name}: left out, {source} of {package} cannot be read: {error}")
                    continue
            frame = frame.drop(columns=ignored)
            frame.to_csv(f"{options.folder}/{name}.csv", index=False)
            rows.append([name, target, task, len(frame), frame.shape[1], package or "this package", licence])
            print(*rows[-1])
    with open(f"{options.folder}/tables.csv", "w", newline="") as file:
        csv.writer(file).writerows([["name", "target", "task", "rows", "columns", "source", "licence"]] + rows)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Runs the recipes of `myelin models` over seeds and writes a table of what they reach, in Markdown.

    python3 Benchmarks/recipes/measure.py --only iris wine social          # some, seeds 0 to 4
    python3 Benchmarks/recipes/measure.py --results results.jsonl          # all: hours; goes on where it stopped
    python3 Benchmarks/recipes/measure.py --small                          # each for seconds: that it runs, not how well

A line of results.jsonl is one run; the table is made of all of them. Recipes that are measured on data that is not shipped
are left out unless --images names it. Ends with 1 where a run fails, or a mean is worse than what `myelin models` states by
more than --tolerance. Needs Python 3.9 and nothing else.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

# Metrics of which less is better.
ERRORS = ("loss", "mae", "nats_per_character", "qlike", "rmse")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--myelin", default=".build/release/myelin", help="the command")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="recipes")
    parser.add_argument("--seeds", nargs="+", type=int, help="default: those that the recipe's result is of, or 0")
    parser.add_argument("--threads", default="1")
    parser.add_argument("--images", help="a folder with the full Fashion-MNIST")
    parser.add_argument("--results", type=pathlib.Path, help="a file that keeps each run's line")
    parser.add_argument("--tolerance", type=float, default=0.02, help="share of the stated result")
    parser.add_argument("--small", action="store_true", help="one seed, one epoch and three seconds each")
    return parser.parse_args()


def run(command, options, name, seed, given):
    """The answer of `train --json`, or None where it failed."""
    words = ["train", name, "--seed", str(seed), "--threads", options.threads, "--json"] + given
    if options.small:
        words += ["--epochs", "1", "--time", "3", "--schedule", "constant"]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([command] + words + ["--output", folder + "/run"], capture_output=True, text=True)
    if done.returncode != 0:
        print(f"{name}, seed {seed}: {done.stderr.strip()}", file=sys.stderr)
        return None
    answer = json.loads(done.stdout)
    return {key: answer[key] for key in ("seconds", "parameters", "test")} | {"recipe": name, "seed": seed}


def shown(value, is_percent):
    return f"{100 * value:.1f}%" if is_percent else f"{value:.4g}"


def time(seconds):
    return f"{seconds:.2g} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def main():
    options = arguments()
    models = json.loads(subprocess.run(
        [options.myelin, "models", "--json"], check=True, capture_output=True, text=True).stdout)
    unknown = set(options.only) - {model["name"] for model in models}
    if unknown:
        sys.exit(f"no recipe {', '.join(sorted(unknown))}")
    known = []
    if options.results and options.results.exists():
        known = [json.loads(line) for line in options.results.read_text().splitlines()]
    failures = 0
    print("| recipe | data | parameters | result | seeds | time, one thread |")
    print("| --- | --- | ---: | --- | --- | ---: |")
    for model in models:
        name, record = model["name"], model["record"]
        if options.only and name not in options.only:
            continue
        given = list(record["options"])
        if "FOLDER" in given:
            if options.images:
                given[given.index("FOLDER")] = options.images
            elif options.small:
                given = []
            else:
                continue
        if options.small and "--epochs" in given:
            place = given.index("--epochs")
            del given[place:place + 2]
        stated = record.get("result")
        seeds = [0] if options.small else options.seeds or (stated["seeds"] if stated else [0])
        runs = []
        for seed in seeds:
            done = next((line for line in known if (line["recipe"], line["seed"]) == (name, seed)), None)
            if done is None:
                done = run(options.myelin, options, name, seed, given)
                if done and options.results:
                    with options.results.open("a") as file:
                        file.write(json.dumps(done) + "\n")
            failures += done is None
            runs += [done] if done else []
        if not runs:
            continue
        metric = stated["metric"] if stated else next((name for name in runs[0]["test"] if name != "loss"), "loss")
        values = [line["test"][metric] for line in runs]
        mean = sum(values) / len(values)
        is_percent = bool(stated and stated["isPercent"])
        each = "" if len(values) == 1 else " (" + ", ".join(shown(value, is_percent) for value in values) + ")"
        title = stated["title"] if stated else metric
        seconds = sum(line["seconds"] for line in runs) / len(runs)
        print(f"| `{name}` | {record['data']} | {runs[0]['parameters']:,} | {title} {shown(mean, is_percent)}{each} | "
              f"{', '.join(map(str, seeds))} | {time(seconds)} |", flush=True)
        if stated and not options.small:
            loss = (stated["value"] - mean) * (-1 if metric in ERRORS else 1)
            if loss > options.tolerance * abs(stated["value"]):
                print(f"{name}: {mean:.4g}, stated {stated['value']:.4g}", file=sys.stderr)
                failures += 1
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()

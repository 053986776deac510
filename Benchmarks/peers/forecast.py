#!/usr/bin/env python3
"""AutoETS and AutoARIMA of statsforecast on the series of `myelin train forecast-…`.

    pip install statsforecast pandas && python3 Benchmarks/peers/forecast.py [co2 elec_equip taylor]

The last tenth is the test: from each step of it on, as many steps ahead as the recipe forecasts, by models that were fitted
once on what comes before the test and are then told the truth step by step (refit=False), as the networks are. A season of
336 half hours is beyond both: there they forecast what MSTL leaves of seasons of 48 and 336. Missing steps are interpolated
for the models and not judged.
"""

import pathlib
import sys
import time

import numpy
import pandas
from statsforecast import StatsForecast
from statsforecast.models import MSTL, AutoARIMA, AutoETS

RESOURCES = pathlib.Path(__file__).parents[2] / "Sources/MyelinModels/Resources"
# File, column, season, steps ahead, steps between origins.
SERIES = {
    "co2": ("co2.csv", "co2", 52, 52, 25),
    "elec_equip": ("elec_equip.csv", "turnover_index", 12, 12, 1),
    "taylor": ("taylor.csv.gz", "demand_mw", 336, 12, 40),
}


def models(season):
    if season > 24:
        seasons = [48, season] if season == 336 else [season]
        return [
            MSTL(season_length=seasons, trend_forecaster=AutoETS(model="ZZN"), alias="AutoETS"),
            MSTL(season_length=seasons, trend_forecaster=AutoARIMA(), alias="AutoARIMA"),
        ]
    return [AutoETS(season_length=season), AutoARIMA(season_length=season)]


def compare(name):
    file, column, season, horizon, stride = SERIES[name]
    table = pandas.read_csv(RESOURCES / file)
    truth = table[column].to_numpy()
    filled = table[column].interpolate().bfill()
    count = len(filled)
    test = max(horizon, round(count / 10))
    frame = pandas.DataFrame({"unique_id": name, "ds": numpy.arange(count), "y": filled})
    windows = (test - horizon) // stride + 1
    for model in models(season):
        start = time.time()
        # Models of MSTL cannot be told new truth: they are fitted again at each origin.
        found = StatsForecast([model], freq=1).cross_validation(
            df=frame, h=horizon, step_size=stride, n_windows=windows, refit=season > 24
        )
        places = found["ds"].to_numpy()
        known = ~numpy.isnan(truth[places])
        errors = numpy.abs(found[str(model)].to_numpy() - found["y"].to_numpy())[known]
        print(f"{name:<11} {model!s:<10} MAE {errors.mean():.4f}  {windows} origins, {time.time() - start:.0f} s", flush=True)


for name in sys.argv[1:] or SERIES:
    compare(name)

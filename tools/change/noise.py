"""How much change is change: what stable pixels show from year to year, and the threshold that follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
import xarray as xr

from tools import provenance
from tools.change.checks import require_map, require_years
from tools.change.kernel import change_kernel
from tools.change.noise_curve import NoiseCurve, fit_noise
from tools.change.sampling import pick, spread_out

RATES = (0.05, 0.01, 0.001)
"""False-positive rates that are shown where none are asked for."""

_FEW = 10  # pixels above a threshold from which its rate can be read off


@dataclass(frozen=True, eq=False)
class NoiseFloor:
    """What change looks like where nothing changed, by how many years lie between.

    Made by `noise_floor`.

    Parameters
    ----------
    changes : dict of int to numpy.ndarray
        For each number of years apart the sampled changes, of all pairs of years together, sorted.
    pairs : dict of int to list of (int, int)
        For each number of years apart the pairs of years.
    pixels : int
        How many places were sampled.
    stable : bool
        Whether the places are known to be stable; otherwise the noise is told from the bulk of all places.
    curves : dict
        Of `changes` where the places are not known to be stable: the fitted noise.
    attrs : dict
        The marks of where the data came from.
    """

    changes: dict[int, np.ndarray]
    pairs: dict[int, list[tuple[int, int]]]
    pixels: int
    stable: bool
    curves: dict[int, NoiseCurve]
    attrs: dict

    def threshold_for(self, false_positive_rate: float, years_apart: int | None = None) -> float:
        """Return the change that a stable pixel exceeds with a given probability.

        Parameters
        ----------
        false_positive_rate : float
            Share of stable pixels that may lie above the threshold, between 0 and 0.5: 0.01 is one in a
            hundred.
        years_apart : int, optional
            The most years that were sampled, where not given.

        Returns
        -------
        float
            1 − cosine.

        Raises
        ------
        ValueError
            If the rate is no such share, if there are no such pairs of years, or if too few stable pixels
            were sampled to tell so small a rate.

        Examples
        --------
        >>> rng = np.random.default_rng(1)
        >>> change = {(2017, 2018): xr.DataArray(rng.chisquare(60, (99, 99)) / 2000, dims=("y", "x"))}
        >>> floor = noise_floor(change)
        >>> round(floor.threshold_for(0.01), 3), round(floor.threshold_for(0.05), 3)
        (0.044, 0.039)
        """
        lag = self._lag(years_apart)
        if not 0 < false_positive_rate <= 0.5:
            raise ValueError(
                f"a false-positive rate lies above 0 and up to 0.5, got {false_positive_rate}: 0.01 lets "
                "one stable pixel in a hundred through"
            )
        if lag in self.curves:
            return float(self.curves[lag].upper(false_positive_rate))
        values = self.changes[lag]
        if not self._can_tell(false_positive_rate, lag):
            raise ValueError(
                f"{len(values):,} changes of stable pixels cannot tell a rate of {false_positive_rate:g}: "
                f"the smallest they can is {_FEW / len(values):.2g}"
            )
        return float(np.quantile(values, 1 - false_positive_rate))

    def false_positive_rate(self, threshold: float, years_apart: int | None = None) -> float:
        """Return the share of stable pixels that show more change than a threshold.

        Parameters
        ----------
        threshold : float
            1 − cosine.
        years_apart : int, optional
            The most years that were sampled, where not given.

        Returns
        -------
        float
            Between 0 and 1.

        Raises
        ------
        ValueError
            If there are no such pairs of years.

        Examples
        --------
        >>> rng = np.random.default_rng(1)
        >>> change = {(2017, 2018): xr.DataArray(rng.chisquare(60, (99, 99)) / 2000, dims=("y", "x"))}
        >>> floor = noise_floor(change)
        >>> round(floor.false_positive_rate(floor.threshold_for(0.02)), 4)
        0.02
        """
        return float(self._rate(np.asarray(threshold, float), self._lag(years_apart)))

    def exceedance(
        self, thresholds: np.ndarray | None = None, years_apart: int | None = None
    ) -> pd.DataFrame:
        """Return for thresholds how many pixels lie above them, and how many of those would without change.

        Parameters
        ----------
        thresholds : array of float, optional
            1 − cosine; 100 steps over the sampled changes where not given.
        years_apart : int, optional
            The most years that were sampled, where not given.

        Returns
        -------
        pandas.DataFrame
            ``threshold``; ``share_above`` of all sampled pixels; ``false_positive_rate`` of stable ones; and
            ``false_discovery_rate``, the share of noise among what is above, if noise is of one kind.

        Examples
        --------
        >>> rng = np.random.default_rng(1)
        >>> change = {(2017, 2018): xr.DataArray(rng.chisquare(60, (99, 99)) / 2000, dims=("y", "x"))}
        >>> noise_floor(change).exceedance([0.03])[["share_above", "false_positive_rate"]].round(1)
           share_above  false_positive_rate
        0          0.5                  0.5
        """
        lag = self._lag(years_apart)
        values = self.changes[lag]
        if thresholds is None:
            thresholds = np.linspace(0, values[-1], 101)
        thresholds = np.asarray(thresholds, float)
        above = 1 - np.searchsorted(values, thresholds, side="right") / len(values)
        rate = self._rate(thresholds, lag)
        stable = 1 - self.share_beyond(lag)
        noise = np.divide(rate * stable, above, out=np.full_like(above, np.nan), where=above > 0)
        table = pd.DataFrame(
            {
                "threshold": thresholds,
                "share_above": above,
                "false_positive_rate": rate,
                "false_discovery_rate": noise.clip(max=1),
            }
        )
        return provenance.carry(table, self)

    def share_beyond(self, years_apart: int | None = None) -> float:
        """Return the share of sampled pixels that lie beyond the noise of the bulk.

        They changed, or they are of a noisier kind than most, as fields are: look where they lie, and see
        `tools.change.relative_change`.

        Parameters
        ----------
        years_apart : int, optional
            The most years that were sampled, where not given.

        Returns
        -------
        float
            Between 0 and 1; 0 where the pixels are known to be stable.

        Examples
        --------
        >>> rng = np.random.default_rng(1)
        >>> values = rng.chisquare(60, (99, 99)) / 2000
        >>> values[:10] = 0.2
        >>> floor = noise_floor({(2017, 2018): xr.DataArray(values, dims=("y", "x"))})
        >>> round(floor.share_beyond(), 2)
        0.1
        """
        lag = self._lag(years_apart)
        return self.curves[lag].share_beyond if lag in self.curves else 0.0

    def table(self, rates: tuple[float, ...] = RATES) -> pd.DataFrame:
        """Return noise and thresholds by how many years lie between.

        Parameters
        ----------
        rates : tuple of float, optional
            False-positive rates.

        Returns
        -------
        pandas.DataFrame, indexed by ``years_apart``
            ``pairs`` of years, ``changes`` sampled, ``median`` change of stable pixels, ``similarity`` (1 −
            median), ``share_beyond``, and for each rate a column ``threshold_0.01``; NaN where too few
            stable pixels were sampled to tell it.

        Examples
        --------
        >>> rng = np.random.default_rng(1)
        >>> change = {(2017, 2018): xr.DataArray(rng.chisquare(60, (99, 99)) / 2000, dims=("y", "x"))}
        >>> noise_floor(change).table().columns.tolist()[-2:]
        ['threshold_0.01', 'threshold_0.001']
        """
        rows = {}
        for lag in sorted(self.changes):
            middle = self.threshold_for(0.5, lag)
            rows[lag] = {
                "pairs": len(self.pairs[lag]),
                "changes": len(self.changes[lag]),
                "median": middle,
                "similarity": 1 - middle,
                "share_beyond": self.share_beyond(lag),
                **{
                    f"threshold_{rate:g}": self.threshold_for(rate, lag)
                    if self._can_tell(rate, lag)
                    else np.nan
                    for rate in rates
                },
            }
        table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("years_apart")
        return provenance.carry(table.astype({"pairs": int, "changes": int}), self)

    def _lag(self, years_apart: int | None) -> int:
        lag = max(self.changes) if years_apart is None else years_apart
        if lag not in self.changes:
            known = ", ".join(map(str, sorted(self.changes)))
            raise ValueError(f"no two years {lag} apart were sampled; years apart that were: {known}")
        return lag

    def _can_tell(self, rate: float, lag: int) -> bool:
        return lag in self.curves or len(self.changes[lag]) * rate >= _FEW

    def _rate(self, thresholds: np.ndarray, lag: int) -> np.ndarray:
        if lag in self.curves:
            return self.curves[lag].rate(thresholds)
        values = self.changes[lag]
        return 1 - np.searchsorted(values, thresholds, side="right") / len(values)

    def __repr__(self) -> str:
        how = "known to be stable" if self.stable else "told from their bulk"
        lag = max(self.changes)
        rate = next(r for r in (0.01, 0.05, 0.1) if self._can_tell(r, lag))
        apart = f"{lag} years apart" if lag > 1 else "a year apart"
        return (
            f"<noise floor of {self.pixels:,} pixels, {how}: {apart} the median is "
            f"{self.threshold_for(0.5):.3f}, {rate:.0%} exceed {self.threshold_for(rate):.3f}>"
        )


def noise_floor(
    changes: xr.DataArray | Mapping[tuple[int, int], xr.DataArray],
    *,
    stable: xr.DataArray | None = None,
    n_pixels: int = 200_000,
) -> NoiseFloor:
    """Learn from pairs of years how much change stable pixels show.

    Parameters
    ----------
    changes : xarray.DataArray (time, band, y, x), or mapping of (year, year) to xarray.DataArray (y, x)
        A cube of embeddings, of which every year is compared with every other; or maps of change (1 −
        cosine) that have been made already.
    stable : xarray.DataArray of bool, dims (y, x), optional
        Pixels known not to have changed, on the same grid. Where it is not given, noise is told from the
        bulk of all pixels, see Notes.
    n_pixels : int, optional
        How many pixels to look at, at most, in rows and columns that lie equally far apart. Each year of a
        cube is read once, and only these pixels are kept: 13 MB a year where not given.

    Returns
    -------
    NoiseFloor

    Raises
    ------
    ValueError
        If there is nothing to compare, or if `stable` is no mask on the same grid.

    Notes
    -----
    Without `stable` the pixels are a mixture: most are stable, some changed, and those lie far right. The
    noise is a curve through the quartiles, whose share beyond is left out in turn: see
    `tools.change.noise_curve.fit_noise`. It holds while well over half of the pixels are stable, and where
    noise is the same kind of thing everywhere: where one place in ten is of a noisier kind, its noise cannot
    be told from change, and rates come out too high. `tools.change.relative_change` brings all kinds to one
    size first. Rates below about 0.001 are extrapolated.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> values = rng.chisquare(60, (99, 99)) / 2000
    >>> values[:10] = 0.2
    >>> noise_floor({(2017, 2024): xr.DataArray(values, dims=("y", "x"))})
    <noise floor of 9,801 pixels, told from their bulk: 7 years apart the median is 0.030, 1% exceed 0.044>
    """
    if n_pixels < 100:
        raise ValueError(f"a distribution needs 100 pixels or more, got n_pixels={n_pixels}")
    if isinstance(changes, xr.DataArray):
        cube = require_years(changes, 2)
        rows_columns = spread_out(cube[0, 0], n_pixels, stable)
        found = _compare_years(cube, *rows_columns)
        sources = [cube]
    elif isinstance(changes, Mapping) and changes:
        sources = list(changes.values())
        rows_columns = spread_out(_first_of(changes), n_pixels, stable)
        found = ((pair, pick(change, *rows_columns)) for pair, change in changes.items())
    else:
        raise ValueError(
            "give a cube of embeddings (time, band, y, x), or maps of change by pair of years, as in "
            "`{(2017, 2018): change_between(cube, 2017, 2018)}`"
        )
    values: dict[int, list[np.ndarray]] = {}
    pairs: dict[int, list[tuple[int, int]]] = {}
    for (year_from, year_to), change in found:
        lag = abs(int(year_to) - int(year_from))
        values.setdefault(lag, []).append(change[np.isfinite(change)])
        pairs.setdefault(lag, []).append((int(year_from), int(year_to)))
    sampled = {lag: np.sort(np.concatenate(values[lag])) for lag in sorted(values)}
    for lag, change in sampled.items():
        if len(change) < 100:
            raise ValueError(
                f"only {len(change)} pixels have data in two years {lag} apart: a distribution needs 100"
            )
    curves = {} if stable is not None else {lag: fit_noise(change) for lag, change in sampled.items()}
    floor = NoiseFloor(sampled, pairs, len(rows_columns[0]), stable is not None, curves, {})
    return provenance.carry(floor, *sources)


def _compare_years(cube: xr.DataArray, rows: np.ndarray, columns: np.ndarray) -> Iterator:
    pixels = {int(year): pick(cube.sel(time=year), rows, columns) for year in cube["time"].to_numpy()}
    for pair in combinations(pixels, 2):
        yield pair, change_kernel(*(pixels[year] for year in pair))


def _first_of(changes: Mapping) -> xr.DataArray:
    first = None
    for pair, change in changes.items():
        if not (isinstance(pair, tuple) and len(pair) == 2 and pair[0] != pair[1]):
            raise ValueError(f"maps of change go by pairs of years, such as (2017, 2018); got {pair!r}")
        if getattr(change, "dims", None) != ("y", "x"):
            require_map(change)
        if first is not None and change.shape != first.shape:
            raise ValueError(f"the maps differ in shape: {first.shape} and {change.shape}, of {pair}")
        first = change if first is None else first
    return first

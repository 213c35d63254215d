"""From values to colours and a legend: the same for a figure on paper and for a map on a page."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.colors import Colormap, ListedColormap, to_hex, to_rgb

from tools.maps import palette, style  # noqa: F401  (style registers the course's colour maps)

MOST_CLASSES = 40
RAMP_STEPS = 100


@dataclass(frozen=True)
class Colouring:
    """Which colour each row gets, and what the legend says.

    Parameters
    ----------
    colours : tuple of str
        One ``#rrggbb`` for each class, or the steps of a ramp.
    codes : numpy.ndarray of int, shape (n,)
        The position in `colours` of each row; −1 where the value is missing.
    labels : tuple of str
        The legend: one for each class, or the ends and middle of a ramp.
    ramp : bool
        Whether the colours are steps of a continuous ramp.
    """

    colours: tuple[str, ...]
    codes: np.ndarray
    labels: tuple[str, ...]
    ramp: bool = False

    @property
    def counts(self) -> list[int]:
        """Rows of each colour."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.colours)).tolist()

    def row_colours(self, missing: str) -> np.ndarray:
        """Return one colour a row, with `missing` where there is no value."""
        return np.array([*self.colours, missing])[self.codes]


def class_palette(classes: Iterable[object]) -> dict[object, str]:
    """Return the colour of each class, the same in every picture: scatter plots, maps, rasters and exports.

    Parameters
    ----------
    classes : iterable
        Names of classes; repeats and missing values are left out. A letter has the colour of its place in
        the alphabet, so that B looks the same whether or not A is there. Other names are coloured in the
        order in which they come.

    Returns
    -------
    dict
        ``#rrggbb`` by class, in the order of the letters or as given.

    Raises
    ------
    ValueError
        If there are no classes, or more than can be told apart.

    Examples
    --------
    >>> class_palette(["B", "A", "B"])
    {'A': '#332288', 'B': '#44aa99'}
    >>> class_palette(["House", "Flat"])
    {'House': '#332288', 'Flat': '#44aa99'}
    """
    names = [name for name in dict.fromkeys(classes) if not pd.isna(name)]
    if not names:
        raise ValueError("There are no classes to colour: expected at least one name.")
    lettered = all(isinstance(name, str) and re.fullmatch("[A-Z]", name) for name in names)
    places = {name: ord(name) - ord("A") for name in sorted(names)} if lettered else _in_order(names)
    if max(places.values()) >= MOST_CLASSES:
        raise ValueError(
            f"There are {len(names):,} classes, more than colours can tell apart (at most {MOST_CLASSES})."
        )
    colours = _class_colours(max(places.values()) + 1, ListedColormap(palette.MARKS, name="course marks"))
    return {name: colours[place] for name, place in places.items()}


def colour_classes(
    values: pd.Series, cmap: str | Colormap = "course", colours: Mapping[Any, str] | None = None
) -> Colouring:
    """Give each different value a colour, in the values' own order.

    Parameters
    ----------
    values : pandas.Series, shape (n,)
        Names, numbers, booleans or a categorical.
    cmap : str or matplotlib.colors.Colormap
        A list of colours is used from its start; a ramp is spread over the classes.
    colours : mapping of value to str, optional
        ``#rrggbb`` by class, such as `class_palette` returns, instead of `cmap`.

    Returns
    -------
    Colouring

    Raises
    ------
    ValueError
        If there are no values, more different ones than a legend can hold, or classes without a colour.

    Examples
    --------
    >>> colour_classes(pd.Series(["b", "a", None])).codes.tolist()
    [1, 0, -1]
    """
    categories = (
        values if isinstance(values.dtype, pd.CategoricalDtype) else values.astype(_ordered_type(values))
    )
    used = [c for c in categories.cat.categories if (categories == c).any()]
    if not used:
        raise ValueError(f"Column {values.name!r} has no values to colour: every row is missing.")
    if len(used) > MOST_CLASSES:
        raise ValueError(
            f"Column {values.name!r} has {len(used):,} different values, too many for a legend (at most "
            f"{MOST_CLASSES}). Group numbers with classify_for_mapping(gdf, {values.name!r}), or draw them "
            "as a ramp with focus_categorical=False."
        )
    codes = pd.Categorical(categories.astype(object), categories=used).codes.astype(int)
    without = [c for c in used if colours is not None and c not in colours]
    if without:
        raise ValueError(
            f"There is no colour for {', '.join(map(repr, without))} of column {values.name!r}; the colours "
            f"are for {', '.join(map(repr, colours))}."
        )
    chosen = _class_colours(len(used), colour_map(cmap)) if colours is None else [colours[c] for c in used]
    return Colouring(tuple(chosen), codes, tuple(map(label_of, used)))


def colour_ramp(values: pd.Series, cmap: str | Colormap = "course_sequential") -> Colouring:
    """Give each number its place on a colour ramp from the smallest to the largest.

    Parameters
    ----------
    values : pandas.Series of numbers, shape (n,)
        NaN gets no colour.
    cmap : str or matplotlib.colors.Colormap
        The ramp.

    Returns
    -------
    Colouring
        With `RAMP_STEPS` colours and labels for the smallest, middle and largest value.

    Raises
    ------
    ValueError
        If the values are not numbers or all are missing.

    Examples
    --------
    >>> colour_ramp(pd.Series([0.0, 5.0, 10.0])).labels
    ('0', '5', '10')
    """
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        raise ValueError(
            f"Column {values.name!r} holds {values.dtype}, and a colour ramp needs numbers. "
            "For names or classes use focus_categorical=True."
        )
    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    finite = np.isfinite(numbers)
    if not finite.any():
        raise ValueError(f"Column {values.name!r} has no values to colour: every row is missing.")
    low, high = numbers[finite].min(), numbers[finite].max()
    place = (numbers[finite] - low) / (high - low) if high > low else np.full(finite.sum(), 0.5)
    codes = np.full(len(numbers), -1)
    codes[finite] = np.minimum((place * RAMP_STEPS).astype(int), RAMP_STEPS - 1)
    colours = tuple(to_hex(c) for c in colour_map(cmap)(np.linspace(0, 1, RAMP_STEPS)))
    ends = np.array([low, (low + high) / 2, high])
    ends[np.abs(ends) < 1e-6 * (high - low)] = 0.0  # a middle that is nought but for rounding
    return Colouring(colours, codes, tuple(f"{v:.4g}" for v in ends), ramp=True)


def colour_map(cmap: str | Colormap) -> Colormap:
    """Return the colour map of that name; an unknown name is answered with near ones.

    Parameters
    ----------
    cmap : str or matplotlib.colors.Colormap
        A name known to matplotlib, or ``course``, ``course_sequential``, ``course_diverging``.

    Returns
    -------
    matplotlib.colors.Colormap

    Raises
    ------
    ValueError
        If there is no such colour map.

    Examples
    --------
    >>> colour_map("course").N
    9
    """
    if isinstance(cmap, Colormap):
        return cmap
    if cmap not in mpl.colormaps:
        near = difflib.get_close_matches(cmap, list(mpl.colormaps), n=3) or ["course", "viridis", "YlOrRd"]
        raise ValueError(f"There is no colour map {cmap!r}. Did you mean {', '.join(near)}?")
    return mpl.colormaps[cmap]


def label_of(value: object) -> str:
    """Write one value for a legend: whole numbers without a decimal point, the rest short.

    Parameters
    ----------
    value : object
        A class, a number, a name.

    Returns
    -------
    str

    Examples
    --------
    >>> label_of(3.0), label_of(0.123456), label_of("Camden")
    ('3', '0.1235', 'Camden')
    """
    if isinstance(value, float | np.floating):
        return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else f"{value:.4g}"
    return str(value)


def _in_order(names: list[object]) -> dict[object, int]:
    return {name: place for place, name in enumerate(names)}


def _ordered_type(values: pd.Series) -> pd.CategoricalDtype:
    different = values.dropna().unique().tolist()
    if all(isinstance(v, int | float | np.number) for v in different):
        return pd.CategoricalDtype(sorted(different))
    # "Zone 10" belongs after "Zone 9": compare the digits in a name as numbers.
    pieces = {
        v: [(p.isdigit(), int(p) if p.isdigit() else 0, p) for p in re.split(r"([0-9]+)", str(v))]
        for v in different
    }
    return pd.CategoricalDtype(sorted(different, key=pieces.__getitem__))


def _class_colours(n: int, cmap: Colormap) -> list[str]:
    if not isinstance(cmap, ListedColormap) or cmap.N > MOST_CLASSES:
        return [to_hex(c) for c in cmap(np.linspace(0, 1, n) if n > 1 else [0.5])]
    # A list that is too short goes on with paler, then darker, copies of itself: never the same colour twice.
    base = np.array([to_rgb(c) for c in cmap.colors])
    shades = [base, base + (1 - base) * 0.5, base * 0.6]
    shades += [base + (1 - base) * 0.75, base * 0.35] + [base * (1 - s) + s * 0.5 for s in (0.3, 0.5, 0.7)]
    colours = list(dict.fromkeys(to_hex(c) for c in np.vstack(shades)))
    if n > len(colours):
        raise ValueError(f"Colour map {cmap.name!r} has too few colours for {n} classes; try 'turbo'.")
    return colours[:n]

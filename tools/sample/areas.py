"""Statistical areas: small cells grown together until they hold about as many people each.

The cells are a Voronoi tessellation of many points, so whatever is made of them has no gaps and no overlaps;
areas and boroughs are grown along neighbouring cells, so each is in one piece.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import Voronoi, cKDTree

from tools.sample.fields import Grid


@dataclass(frozen=True)
class Cells:
    """A tessellation of a place into small cells.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        One point in each cell, metres; the first `n_inside` belong to the place.
    n_inside : int
        How many cells belong to the place; the rest surround it.
    corners : ndarray, shape (m, 2)
        Corners of all cells, metres.
    rings : list of ndarray
        For each inside cell the indices of its corners, in order.
    neighbours : ndarray, shape (k, 2)
        Pairs of inside cells that share an edge.
    """

    points: np.ndarray
    n_inside: int
    corners: np.ndarray
    rings: list[np.ndarray]
    neighbours: np.ndarray

    def owner(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the inside cell at each point, or -1 outside the place.

        Parameters
        ----------
        x, y : ndarray, shape (n,)
            Metres.

        Returns
        -------
        ndarray of int, shape (n,)
        """
        nearest = cKDTree(self.points).query(np.column_stack([x, y]))[1]
        return np.where(nearest < self.n_inside, nearest, -1)


def tessellate(
    grid: Grid,
    outline: shapely.Polygon,
    fineness: np.ndarray,
    n_cells: int,
    rng: np.random.Generator,
    barrier: np.ndarray | None = None,
    barrier_step: float = 60.0,
) -> Cells:
    """Cut a place into small cells, more of them where `fineness` is high.

    Parameters
    ----------
    grid : Grid
        The grid of `fineness`; it must reach beyond the outline.
    outline : shapely.Polygon
        The place, in the grid's CRS.
    fineness : ndarray, shape (height, width)
        How densely to set cells, in any unit; positive.
    n_cells : int
        About how many cells the place gets.
    rng : numpy.random.Generator
        See `tools.sample.fields.stream`.
    barrier : ndarray, shape (m, 2), optional
        A line, such as a river, that no cell crosses; points much closer together than `barrier_step`.
    barrier_step : float
        Half the size of the cells along the barrier, metres.

    Returns
    -------
    Cells
    """
    xx, yy = np.meshgrid(grid.x, grid.y)
    shapely.prepare(outline)
    inside = shapely.contains_xy(outline, xx, yy)
    around = shapely.buffer(outline, 3000)
    shapely.prepare(around)
    weight = np.where(shapely.contains_xy(around, xx, yy), fineness, 0).ravel().astype(float)
    count = round(n_cells * weight.sum() / weight[inside.ravel()].sum())
    chosen = rng.choice(weight.size, count, p=weight / weight.sum())
    half = grid.resolution / 2
    points = np.column_stack([xx.ravel()[chosen], yy.ravel()[chosen]]) + rng.uniform(-half, half, (count, 2))
    points = _spread(points, xx, yy, weight)
    if barrier is not None:
        points = _line_with_pairs(points, barrier, barrier_step)
    belongs = shapely.contains_xy(outline, *points.T)
    points = np.concatenate([points[belongs], points[~belongs]])
    n_inside = int(belongs.sum())
    diagram = Voronoi(points)
    pairs, ends = diagram.ridge_points, np.array(diagram.ridge_vertices)
    # Cells that meet in little more than a corner are no neighbours: rounding would part what is grown there.
    length = np.hypot(*(diagram.vertices[ends[:, 0]] - diagram.vertices[ends[:, 1]]).T)
    meets = (pairs < n_inside).all(axis=1) & (ends >= 0).all(axis=1) & (length > 5.0)
    return Cells(
        points=points,
        n_inside=n_inside,
        corners=diagram.vertices,
        rings=[np.array(diagram.regions[region]) for region in diagram.point_region[:n_inside]],
        neighbours=pairs[meets],
    )


def grow(
    points: np.ndarray,
    neighbours: np.ndarray,
    weight: np.ndarray,
    n_regions: int,
    *,
    toll: np.ndarray,
    rounds: int = 6,
) -> np.ndarray:
    """Grow regions of about equal weight, each in one piece, from well-spread beginnings.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Where the pieces are.
    neighbours : ndarray, shape (k, 2)
        Pairs of pieces that touch.
    weight : ndarray, shape (n,)
        What each piece adds, such as people; positive.
    n_regions : int
        How many regions to grow.
    toll : ndarray, shape (k,)
        What it costs to grow across each pair.
    rounds : int
        How often the beginnings are moved to the middle of what they reach.

    Returns
    -------
    ndarray of int, shape (n,)
        The region of each piece, 0 to `n_regions` - 1.

    Raises
    ------
    ValueError
        If there are fewer pieces than regions, or a piece that no region can reach.
    """
    if len(points) < n_regions:
        raise ValueError(
            f"{len(points)} pieces cannot make {n_regions} regions: use more pieces or fewer regions"
        )
    order = _along_a_curve(points)
    share = weight[order].cumsum() / weight.sum()
    starts = order[np.unique(np.searchsorted(share, (np.arange(n_regions) + 0.5) / n_regions))]
    spare = order[~np.isin(order, starts)]
    starts = np.concatenate(
        [starts, spare[np.argsort(-weight[spare], kind="stable")][: n_regions - len(starts)]]
    )
    graph = _graph(neighbours, toll, len(points))
    for turn in range(rounds + 1):
        reached, _, source = dijkstra(
            graph, directed=False, indices=starts, min_only=True, return_predecessors=True
        )
        if not np.isfinite(reached).all():
            raise ValueError(
                f"{int((~np.isfinite(reached)).sum())} pieces touch no region: the place is not in one piece"
            )
        region = np.empty(len(points), int)
        region[starts] = np.arange(n_regions)
        region = region[source]
        if turn < rounds:
            starts = _middles(points, weight, region, n_regions)
    return region


def tolls(
    points: np.ndarray,
    neighbours: np.ndarray,
    density: np.ndarray,
    rng: np.random.Generator,
    *,
    barrier: np.ndarray | None = None,
    roughness: float = 0.3,
) -> np.ndarray:
    """Return what it costs to grow from each piece into its neighbour.

    Where people live densely a step costs more, so regions end up smaller there; across the barrier it costs
    as much as a detour of kilometres.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Where the pieces are, metres.
    neighbours : ndarray, shape (k, 2)
        Pairs of pieces that touch.
    density : ndarray, shape (n,)
        Weight per area around each piece; positive.
    rng : numpy.random.Generator
        For borders that wander.
    barrier : ndarray, shape (m, 2), optional
        A line that is costly to cross.
    roughness : float
        Standard deviation of the logarithm of the cost.

    Returns
    -------
    ndarray, shape (k,)

    Examples
    --------
    >>> points = np.array([[0.0, 0.0], [100.0, 0.0]])
    >>> tolls(points, np.array([[0, 1]]), np.array([4.0, 4.0]), np.random.default_rng(1), roughness=0.0)
    array([200.])
    """
    a, b = points[neighbours[:, 0]], points[neighbours[:, 1]]
    cost = np.hypot(*(a - b).T) * np.sqrt(density[neighbours].mean(axis=1))
    cost *= np.exp(roughness * rng.standard_normal(len(cost)))
    if barrier is not None:
        line = shapely.simplify(shapely.LineString(barrier), 5)
        shapely.prepare(line)
        steps = shapely.linestrings(np.stack([a, b], axis=1))
        cost[shapely.intersects(steps, line)] *= 50
    return cost


def dissolve(cells: Cells, region: np.ndarray, *, grain: float = 1.0) -> np.ndarray:
    """Return the outlines of regions of cells: neighbours share their borders to the last bit.

    Parameters
    ----------
    cells : Cells
        What the regions are made of.
    region : ndarray of int, shape (n_inside,)
        The region of each cell, 0 to n - 1.
    grain : float
        Corners closer than this are one corner, metres.

    Returns
    -------
    ndarray of shapely.Polygon, shape (n,)
        A valid coverage.

    Raises
    ------
    ValueError
        If what comes out has a gap, an overlap or a region in several pieces.
    """
    corners = np.round(cells.corners / grain) * grain
    lengths = np.array([len(ring) + 1 for ring in cells.rings])
    closed = np.concatenate([np.append(ring, ring[0]) for ring in cells.rings])
    polygons = shapely.polygons(
        shapely.linearrings(corners[closed], indices=np.repeat(np.arange(len(lengths)), lengths))
    )
    order = np.argsort(region, kind="stable")
    groups = np.split(order, np.cumsum(np.bincount(region))[:-1])
    outlines = np.array([shapely.coverage_union_all(polygons[group]) for group in groups])
    outlines = shapely.coverage_simplify(outlines, grain * 8)
    bad = ~shapely.is_valid(outlines) | (shapely.get_type_id(outlines) != shapely.GeometryType.POLYGON)
    if bad.any() or not shapely.coverage_is_valid(outlines):
        raise ValueError(
            f"{int(bad.sum())} of {len(outlines)} areas are broken or the coverage has gaps: use a smaller "
            f"grain than {grain} m, or fewer cells (there are {len(polygons)} now)"
        )
    return outlines


def touching(region: np.ndarray, neighbours: np.ndarray) -> np.ndarray:
    """Return the pairs of regions that share an edge, each once.

    Parameters
    ----------
    region : ndarray of int, shape (n,)
        The region of each piece.
    neighbours : ndarray, shape (k, 2)
        Pairs of pieces that touch.

    Returns
    -------
    ndarray of int, shape (m, 2)
        The smaller number first.

    Examples
    --------
    >>> touching(np.array([0, 0, 1]), np.array([[0, 1], [1, 2], [2, 0]])).tolist()
    [[0, 1]]
    """
    pairs = np.sort(region[neighbours], axis=1)
    return np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)


def _spread(points: np.ndarray, xx: np.ndarray, yy: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Move each point halfway to the middle of its cell: between chance and honeycomb."""
    keep = np.flatnonzero(weight)
    pixels = np.column_stack([xx.ravel()[keep], yy.ravel()[keep]])
    nearest = cKDTree(points).query(pixels)[1]
    middle = points.copy()
    total = np.bincount(nearest, weight[keep], len(points))
    has = total > 0
    for axis in (0, 1):
        sums = np.bincount(nearest, weight[keep] * pixels[:, axis], len(points))
        middle[has, axis] = sums[has] / total[has]
    return (points + middle) / 2


def _line_with_pairs(points: np.ndarray, line: np.ndarray, step: float) -> np.ndarray:
    """Put mirror pairs along the line, so that the edges between their cells are the line itself."""
    path = shapely.LineString(line)
    positions = np.arange(step, path.length, 2 * step)
    middle = shapely.get_coordinates(shapely.line_interpolate_point(path, positions))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(path, positions + 1.0))
    normal = np.column_stack([middle[:, 1] - ahead[:, 1], ahead[:, 0] - middle[:, 0]])
    normal /= np.hypot(*normal.T)[:, None]
    far = cKDTree(line).query(points, distance_upper_bound=2 * step)[0] > 2 * step
    return np.concatenate([points[far], middle + step * normal, middle - step * normal])


def _graph(neighbours: np.ndarray, toll: np.ndarray, n: int) -> csr_array:
    return coo_array((toll, (neighbours[:, 0], neighbours[:, 1])), shape=(n, n)).tocsr()


def _middles(points: np.ndarray, weight: np.ndarray, region: np.ndarray, n_regions: int) -> np.ndarray:
    """The piece of each region that is nearest the region's centre of weight."""
    total = np.bincount(region, weight, n_regions)
    centre = np.column_stack([np.bincount(region, weight * axis, n_regions) / total for axis in points.T])
    away = np.hypot(*(points - centre[region]).T)
    order = np.lexsort([away, region])
    return order[np.searchsorted(region[order], np.arange(n_regions))]


def _along_a_curve(points: np.ndarray) -> np.ndarray:
    """Order points along a space-filling (Z-order) curve, so that equal stretches of it are compact."""
    low, high = points.min(axis=0), points.max(axis=0)
    cell = ((points - low) / (high - low).max() * 65535).astype(np.uint64)
    code = np.zeros(len(points), np.uint64)
    for bit in range(16):
        for axis in (0, 1):
            code |= ((cell[:, axis] >> np.uint64(bit)) & np.uint64(1)) << np.uint64(2 * bit + axis)
    return np.argsort(code, kind="stable")


def name_areas(points: np.ndarray, borough: np.ndarray, stem: str = "Sampleborough") -> pd.DataFrame:
    """Give areas codes and names that nobody can mistake for real ones.

    Within a borough, areas are numbered in groups of five from north to south, with a letter in the group, as
    census areas are.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Where the areas are, metres.
    borough : ndarray of int, shape (n,)
        The borough of each, from 0.
    stem : str
        What all boroughs are called before their number.

    Returns
    -------
    pandas.DataFrame
        ``LSOA21CD`` such as ``SYN000001`` and ``LSOA21NM`` such as ``Sampleborough 07 012A``; a row an area.

    Examples
    --------
    >>> name_areas(np.array([[0, 9], [0, 8], [0, 7]]), np.array([0, 0, 1]))["LSOA21NM"].tolist()
    ['Sampleborough 01 001A', 'Sampleborough 01 001B', 'Sampleborough 02 001A']
    """
    frame = pd.DataFrame({"borough": borough, "north": -np.asarray(points)[:, 1]})
    place = frame.groupby("borough")["north"].rank(method="first").astype(int) - 1
    names = [
        f"{stem} {b + 1:02d} {p // 5 + 1:03d}{'ABCDE'[p % 5]}" for b, p in zip(borough, place, strict=True)
    ]
    rank = np.empty(len(frame), int)
    rank[np.lexsort([place, borough])] = np.arange(1, len(frame) + 1)
    return pd.DataFrame({"LSOA21CD": [f"SYN{number:06d}" for number in rank], "LSOA21NM": names})

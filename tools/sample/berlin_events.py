"""What changed in the invented Berlin: planted where the lesson looks, and where it does not.

Three places and what is known of them are real: the building sites at Adlershof, the airport at Tegel (closed
in 2020/21, housing refugees since 2022, works since), the fire in the Grunewald in August 2022. Outlines and
strengths are invented, and so is everything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Transformer

from tools.embeddings import unit
from tools.sample.fields import smooth_line, stream
from tools.sample.landscape import Archetype

TARGETS = {
    kind: Archetype(kind, traits).vector.astype(np.float32)
    for kind, traits in {
        "construction": {"common": 0.5, "built": 0.5, "roofs": 0.5, "paved": 0.4},
        "works": {"common": 0.35, "paved": 0.7, "crops": 0.45},
        "housing": {"common": 0.6, "built": 0.6, "gardens": 0.2, "paved": 0.35},
        "fire": {"common": 0.4, "crops": 0.45, "old": 0.35, "trees": 0.1},
        "felling": {"common": 0.45, "grass": 0.5, "crops": 0.5},
        "solar": {"common": 0.4, "roofs": 0.6, "grass": 0.5},
        "pit": {"common": 0.25, "water": 0.9, "paved": 0.2},
        "road": {"common": 0.5, "paved": 0.9},
        "industry": {"common": 0.5, "roofs": 0.9, "paved": 0.3},
    }.items()
}
"""What a place turns towards, by kind of change."""


@dataclass(frozen=True)
class Event:
    """One planted change.

    Parameters
    ----------
    name : str
        What the truth calls it.
    kind : str
        One of `TARGETS`.
    lon, lat : float
        Its middle, degrees.
    half_length, half_width : float
        Of the ellipse that it roughly is, metres.
    turn : float
        How far its long axis is turned from east, anticlockwise, degrees.
    year_from, year_to : int
        The first year that shows it, and the first that shows all of it.
    strength : float
        The change in the embedding when complete: 1 - cosine, without noise.
    optical : float
        How much of it shows in reflectance: 0 for nothing, 1 for a new surface.
    """

    name: str
    kind: str
    lon: float
    lat: float
    half_length: float
    half_width: float
    turn: float
    year_from: int
    year_to: int
    strength: float
    optical: float

    def progress(self, year: int) -> float:
        """Return how much of the change a year shows.

        Parameters
        ----------
        year : int
            Of the embeddings or scenes.

        Returns
        -------
        float
            0 before `year_from`, 1 from `year_to` on, rising in even steps between.

        Examples
        --------
        >>> site = Event("site", "works", 13.4, 52.5, 300, 200, 0, 2019, 2020, 0.3, 0.5)
        >>> [site.progress(year) for year in (2018, 2019, 2020, 2024)]
        [0.0, 0.5, 1.0, 1.0]
        """
        return float(np.clip((year - self.year_from + 1) / (self.year_to - self.year_from + 1), 0, 1))


EVENTS = tuple(
    Event(*words)
    for words in (
        ("Adlershof, campus", "construction", 13.534, 52.4320, 450, 300, 20, 2018, 2021, 0.26, 0.15),
        ("Adlershof, homes", "housing", 13.550, 52.4375, 350, 250, -15, 2019, 2020, 0.30, 0.18),
        ("Adlershof, business park", "construction", 13.518, 52.4385, 300, 250, 0, 2021, 2023, 0.22, 0.12),
        ("Tegel, airfield", "works", 13.288, 52.5600, 1500, 330, 2, 2021, 2024, 0.28, 0.85),
        ("Tegel, terminal", "housing", 13.291, 52.5525, 320, 230, 0, 2022, 2022, 0.30, 0.80),
        ("Tegel, new quarter", "works", 13.3195, 52.5565, 380, 330, 30, 2022, 2024, 0.24, 0.65),
        ("Grunewald, burnt forest", "fire", 13.228, 52.4740, 420, 320, 60, 2022, 2022, 0.22, 0.03),
        ("North-eastern fields, estate", "housing", 13.660, 52.6000, 700, 450, 10, 2018, 2021, 0.35, 0.5),
        ("Southern rim, warehouses", "industry", 13.330, 52.3500, 600, 350, -8, 2019, 2020, 0.40, 0.8),
        ("Western rim, solar park", "solar", 13.125, 52.5000, 500, 400, 45, 2020, 2020, 0.30, 0.4),
        ("South-eastern woods, felled", "felling", 13.690, 52.3850, 450, 300, -30, 2019, 2019, 0.25, 0.3),
        ("Northern woods, after a storm", "felling", 13.290, 52.6400, 300, 250, 0, 2021, 2021, 0.18, 0.2),
        ("Inner north-east, homes", "housing", 13.435, 52.5550, 300, 200, 0, 2018, 2019, 0.28, 0.25),
        ("Northern rim, flooded pit", "pit", 13.470, 52.6550, 380, 310, 15, 2018, 2022, 0.38, 0.4),
        ("Inner east, yards cleared", "works", 13.495, 52.5150, 260, 240, 0, 2023, 2024, 0.20, 0.35),
        ("Inner city, rebuilt block", "construction", 13.370, 52.5380, 180, 160, 0, 2020, 2020, 0.22, 0.2),
        ("Inner south-east, road cutting", "road", 13.448, 52.4600, 900, 130, -55, 2018, 2022, 0.27, 0.5),
        ("Spandau side, park thinned", "felling", 13.190, 52.5550, 300, 250, 0, 2023, 2023, 0.10, 0.02),
        ("Southern yards, hall rebuilt", "industry", 13.360, 52.4250, 280, 220, 0, 2021, 2022, 0.16, 0.15),
    )
)  # fmt: skip
"""All that was planted."""


@dataclass(frozen=True)
class Planted:
    """Events with outlines, ready to be seen.

    Parameters
    ----------
    events : sequence of Event
        What was planted.
    crs : pyproj.CRS
        A metric CRS.
    seed : int
        The sample's seed; it decides the outlines.
    """

    events: Sequence[Event]
    crs: CRS
    seed: int

    @cached_property
    def outlines(self) -> np.ndarray:
        """Polygons in `crs`, shape (n,): ellipses that a hand drew."""
        to_metres = Transformer.from_crs("EPSG:4326", self.crs, always_xy=True)
        return np.array(
            [self._outline(event, *to_metres.transform(event.lon, event.lat)) for event in self.events]
        )

    def _outline(self, event: Event, x: float, y: float) -> shapely.Polygon:
        angles = np.deg2rad(np.arange(0, 360, 30))
        wobble = 1 + 0.08 * np.clip(
            stream(self.seed, "outline", event.name).normal(size=len(angles)), -1.5, 1.5
        )
        along = event.half_length * wobble * np.cos(angles)
        across = event.half_width * wobble * np.sin(angles)
        turn = np.deg2rad(event.turn)
        ring = np.column_stack(
            [
                x + along * np.cos(turn) - across * np.sin(turn),
                y + along * np.sin(turn) + across * np.cos(turn),
            ]
        )
        return shapely.Polygon(smooth_line(ring, 25, closed=True))

    def weights(
        self, number: int, x: np.ndarray, y: np.ndarray, pixel: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return which points one event touches and how much of each pixel it covers.

        Parameters
        ----------
        number : int
            Of the event.
        x, y : ndarray, shape (n,)
            Centres of pixels, in `crs`.
        pixel : float
            Side of a pixel, metres.

        Returns
        -------
        where : ndarray of int, shape (k,)
            Positions of the points that it touches.
        share : ndarray, shape (k,)
            About how much of their pixel lies within, above 0 and up to 1.
        """
        outline = self.outlines[number]
        west, south, east, north = outline.bounds
        near = (x > west - pixel) & (x < east + pixel) & (y > south - pixel) & (y < north + pixel)
        where = np.flatnonzero(near)
        points = shapely.points(x[where], y[where])
        distance = shapely.distance(outline.exterior, points)
        inside = shapely.contains_xy(outline, x[where], y[where])
        share = np.clip(0.5 + np.where(inside, distance, -distance) / pixel, 0, 1)
        return where[share > 0], share[share > 0]

    def turn(
        self,
        vectors: np.ndarray,
        year: int,
        x: np.ndarray,
        y: np.ndarray,
        pixel: float,
        patchiness: np.ndarray | None = None,
    ) -> np.ndarray:
        """Turn embeddings by what has happened until a year, each event by the angle that its strength means.

        Parameters
        ----------
        vectors : ndarray, shape (n, 64)
            Unit length; changed in place.
        year : int
            Of the embeddings.
        x, y : ndarray, shape (n,)
            Where they are, in `crs`.
        pixel : float
            Side of a pixel, metres.
        patchiness : ndarray, shape (n,), optional
            By how much the change at each point is more or less than the event's own: mean 0, in units of it.

        Returns
        -------
        ndarray, shape (n, 64)
            The same array.
        """
        for number, event in enumerate(self.events):
            done = event.progress(year)
            where, share = self.weights(number, x, y, pixel)
            if not done or not len(where):
                continue
            strength = done * share * event.strength
            if patchiness is not None:
                strength *= np.clip(1 + patchiness[where], 0.4, 1.6)
            angle = np.arccos(1 - strength)[:, None].astype(np.float32)
            here, target = vectors[where], TARGETS[event.kind]
            aside = unit(target - (here @ target)[:, None] * here)
            vectors[where] = np.cos(angle) * here + np.sin(angle) * aside
        return vectors

    def truth(self) -> gpd.GeoDataFrame:
        """Return what was planted, one row an event.

        Returns
        -------
        geopandas.GeoDataFrame
            ``name``, ``kind``, ``year_from``, ``year_to``, ``strength``; polygons in `crs`.
        """
        words = ("name", "kind", "year_from", "year_to", "strength")
        rows = [{word: getattr(event, word) for word in words} for event in self.events]
        return gpd.GeoDataFrame(rows, geometry=self.outlines, crs=self.crs)

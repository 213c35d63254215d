"""What the catalogue says of published data, held against the data themselves."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest

DEPRIVATION = ["Percent no qualifications 16 and over", "Percent bad and very band health"]
MISPLACED = ["Population density per km", "Percent lone family household"]


@pytest.fixture(scope="module")
def london(shared_data) -> pd.DataFrame:
    areas = gpd.read_parquet(shared_data / "london" / "lsoa21_gen20.parquet")
    people = pd.read_csv(shared_data / "london" / "Socioeconomic.csv", index_col=0)
    return areas.assign(crowding=1 / areas.area).merge(people, on="LSOA21CD", validate="one_to_one")


def test_every_area_of_london_has_its_row(london):
    assert len(london) == 4994


@pytest.mark.parametrize("column", DEPRIVATION)
def test_qualifications_and_health_follow_deprivation(london, column):
    assert london[column].corr(london["IMD_decile"], method="spearman") < -0.6


def test_density_does_not_follow_the_size_of_the_areas_as_the_catalogue_warns(london):
    """LSOAs hold like numbers of people, so density should be all but one over the area."""
    assert abs(london[MISPLACED[0]].corr(london["crowding"], method="spearman")) < 0.05


@pytest.mark.parametrize("column", MISPLACED)
def test_density_and_lone_families_do_not_follow_deprivation_as_the_catalogue_warns(london, column):
    assert abs(london[column].corr(london["IMD_decile"], method="spearman")) < 0.1

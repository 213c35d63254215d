"""Work in batches: killed at any moment it loses nothing, doubles nothing and repeats no finished batch."""

from __future__ import annotations

import json
import os
import random
import threading
import time

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.killing import kill_until_it_ends, noted, stamps
from tools.batches import RECIPE, BatchError, cut, fingerprint, finish, gather

RECIPE_OF_TESTS = {"power": 2, "version": 1}
ROWS = pd.DataFrame({"x": np.arange(60.0)}, index=[f"row {number}" for number in range(60)])


def square(batch: pd.DataFrame) -> pd.DataFrame:
    return batch**2


def do(folder, ask=square, rows=ROWS, size=5, **options):
    return finish(cut(rows, size), ask, folder, **{"recipe": RECIPE_OF_TESTS, **options})


class Counting:
    """Squares, and remembers what it was asked about."""

    def __init__(self):
        self.asked, self._lock = [], threading.Lock()

    def __call__(self, batch):
        with self._lock:
            self.asked.append(batch.index[0])
        return square(batch)


def work_slowly(folder, log) -> None:
    """What a killed process does: it writes down each batch that it is asked about."""

    def ask(batch):
        with open(log, "a") as file:
            file.write(f"{batch.index[0]}\n")
        time.sleep(0.02)
        return square(batch)

    do(folder, ask, size=2, threads=2)


class TestKilled:
    def test_killed_again_and_again_it_ends_with_every_row_once(self, tmp_path):
        folder, log = tmp_path / "batches", tmp_path / "log"
        kills = kill_until_it_ends(work_slowly, folder, log, dice=random.Random(0), starts=50, most=6)
        assert kills >= 3
        paths = do(folder, ask=None, size=2)  # nothing is left to ask about
        pd.testing.assert_frame_equal(gather(paths), square(ROWS))
        assert not list(folder.glob(".*part")), "what was begun by the killed is cleared away"
        asked = noted(log)
        assert len(asked) - len(set(asked)) <= 2 * kills, (
            "only a batch under way at a kill is asked about twice"
        )

    def test_a_process_that_dies_lets_others_in_and_one_that_lives_does_not(self, tmp_path):
        entered, leave = threading.Event(), threading.Event()

        def hold(batch):
            entered.set()
            leave.wait(20)
            return square(batch)

        thread = threading.Thread(target=do, args=(tmp_path, hold))
        thread.start()
        entered.wait(20)
        try:
            with pytest.raises(BatchError, match="another process is working in"):
                do(tmp_path)
        finally:
            leave.set()
            thread.join()
        assert len(do(tmp_path, ask=None)) == 12


class TestAnswers:
    @pytest.mark.parametrize("threads", [1, 4])
    def test_all_batches_come_in_order_whatever_the_threads(self, tmp_path, threads):
        pd.testing.assert_frame_equal(gather(do(tmp_path, threads=threads)), square(ROWS))

    def test_only_what_is_missing_is_asked_about(self, tmp_path):
        paths = do(tmp_path)
        paths[3].unlink()
        ask = Counting()
        do(tmp_path, ask)
        assert ask.asked == ["row 15"]

    def test_an_error_is_passed_on_and_what_was_finished_is_kept(self, tmp_path):
        def fail(batch):
            if "row 30" in batch.index:
                raise ConnectionError("gone")
            return square(batch)

        with pytest.raises(ConnectionError, match="gone"):
            do(tmp_path, fail)
        ask = Counting()
        do(tmp_path, ask)
        assert ask.asked[0] == "row 30"
        assert len(ask.asked) <= 6

    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            (lambda batch: batch.iloc[1:], "asked about 5 rows, and the answer has 4"),
            (lambda batch: pd.concat([batch, batch]), "the answer has 10"),
            (lambda batch: batch[::-1], "not the same by their index"),
            (lambda batch: batch["x"], "expected a table as an answer, got Series"),
            (
                lambda batch: gpd.GeoDataFrame(batch, geometry=gpd.points_from_xy(batch.x, batch.x)),
                "geometry",
            ),
        ],
    )
    def test_an_answer_to_another_question_is_refused(self, tmp_path, answer, words):
        with pytest.raises(BatchError, match=words):
            do(tmp_path, answer)
        assert not list(tmp_path.glob("*.parquet"))

    def test_more_or_fewer_rows_are_an_answer_where_that_is_said(self, tmp_path):
        paths = do(tmp_path, lambda batch: batch.iloc[:1], aligned=False)
        assert gather(paths)["x"].tolist() == list(range(0, 60, 5))

    def test_no_rows_are_no_batches(self, tmp_path):
        assert do(tmp_path, rows=ROWS.iloc[:0]) == []
        with pytest.raises(BatchError, match="no rows"):
            gather([])

    def test_progress_begins_with_what_is_at_hand_and_ends_with_all(self, tmp_path):
        do(tmp_path)[0].unlink()
        told = []
        do(tmp_path, progress=lambda *state: told.append(state))
        assert told == [(55, 60), (60, 60)]


class TestDamage:
    def test_a_file_that_is_cut_empty_or_foreign_is_made_again_and_no_other(self, tmp_path):
        paths = do(tmp_path)
        whole = paths[2].read_bytes()
        for damaged in (whole[: len(whole) // 2], whole[:-1], b"", paths[3].read_bytes(), b"no Parquet"):
            paths[2].write_bytes(damaged)
            ask = Counting()
            do(tmp_path, ask)
            assert ask.asked == ["row 10"]
            assert paths[2].read_bytes() == whole

    def test_whatever_byte_is_altered_the_answer_is_right(self, tmp_path):
        rows = pd.DataFrame({"x": np.random.default_rng(0).normal(size=50)})
        (path,) = do(tmp_path, rows=rows, size=50)
        whole, made_again = path.read_bytes(), 0
        for place in range(0, len(whole), 37):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
            ask = Counting()
            pd.testing.assert_frame_equal(gather(do(tmp_path, ask, rows=rows, size=50)), square(rows))
            made_again += len(ask.asked)
        assert made_again > 10  # some bytes, as of statistics that nobody reads, change no answer

    def test_gathering_a_damaged_file_says_so(self, tmp_path):
        paths = do(tmp_path)
        paths[1].write_bytes(b"")
        with pytest.raises(BatchError, match=r"000001-\w+\.parquet cannot be read"):
            gather(paths)

    def test_an_answer_by_another_recipe_does_not_count_even_where_the_folder_forgot_its_own(self, tmp_path):
        do(tmp_path)
        (tmp_path / RECIPE).write_text("{")
        ask = Counting()
        paths = do(tmp_path, ask, recipe={"power": 3})
        assert len(ask.asked) == 12
        assert len(paths) == len(list(tmp_path.glob("*.parquet")))


class TestOtherWork:
    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"recipe": {"power": 3, "version": 1}}, "power was 2 and is 3 now"),
            ({"recipe": {"power": 2, "version": 1, "year": 2024}}, "year was None and is 2024 now"),
            ({"rows": ROWS.iloc[:50]}, "of 60 rows, and is of 50 rows now"),
            ({"size": 10}, "cut into 12 batches, and is into 6 now"),
            ({"rows": ROWS.replace(17.0, 18.0)}, "the rows are not the same, from batch 3 on"),
        ],
    )
    def test_a_folder_of_other_work_is_refused_with_the_difference(self, tmp_path, options, words):
        do(tmp_path)
        before = stamps(tmp_path)
        with pytest.raises(BatchError, match=words):
            do(tmp_path, **options)
        assert stamps(tmp_path) == before

    def test_the_recipe_can_be_read(self, tmp_path):
        do(tmp_path)
        work = json.loads((tmp_path / RECIPE).read_text())
        assert work["recipe"] == RECIPE_OF_TESTS
        assert work["rows"] == 60

    def test_what_is_no_batch_in_the_folder_is_left_alone(self, tmp_path):
        for name in ("notes.txt", ".own.part", "table.parquet"):
            (tmp_path / name).write_text("mine")
        do(tmp_path)
        assert {(tmp_path / name).read_text() for name in ("notes.txt", ".own.part")} == {"mine"}

    def test_a_batch_says_in_itself_what_it_is(self, tmp_path):
        path = do(tmp_path)[0]
        mark = pq.read_schema(path).metadata[b"course_batch"].decode()
        assert path.name == f"000000-{mark[16:]}.parquet"


class TestFingerprint:
    @given(st.lists(st.floats(allow_nan=True), min_size=1, max_size=5), st.integers(0, 4))
    def test_it_tells_any_change_of_a_number(self, numbers, where):
        table = pd.DataFrame({"x": numbers})
        other = table.copy()
        place = where % len(numbers)
        other.loc[place, "x"] = (
            np.nextafter(table["x"][place], np.inf) if np.isfinite(numbers[place]) else 0.0
        )
        assert fingerprint(table) == fingerprint(table.copy())
        assert fingerprint(table) != fingerprint(other)

    def test_it_tells_names_types_order_index_and_places(self):
        table = gpd.GeoDataFrame(
            {"x": [1, 2], "name": ["a", None]}, geometry=gpd.points_from_xy([1, 2], [3, 4]), crs=4326
        )
        others = [
            table,
            table.rename(columns={"x": "y"}),
            table.astype({"x": float}),
            table[::-1],
            table.set_axis(["p", "q"]),
            table.assign(name=["a", "None"]),
            table.assign(geometry=table.geometry.translate(1e-9)),
            table.assign(geometry=[table.geometry[0], None]),
            table.set_crs(4258, allow_override=True),
        ]
        prints = [fingerprint(each) for each in others]
        assert len(set(prints)) == len(prints)
        assert fingerprint(table) == fingerprint(pd.concat([table]))


def test_the_disk_holds_the_batch_before_it_has_its_name(tmp_path, monkeypatch):
    order, fsync, replace = [], os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (order.append("fsync"), fsync(handle))[1])
    monkeypatch.setattr(os, "replace", lambda *names: (order.append("name"), replace(*names))[1])
    do(tmp_path, rows=ROWS.iloc[:5])
    assert order == ["fsync", "name", "fsync"] * 2

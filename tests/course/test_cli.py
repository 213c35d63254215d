"""The command line: quick to answer, plain about what went wrong."""

import json
import subprocess
import sys

HEAVY = ["numpy", "pandas", "geopandas", "papermill", "matplotlib", "sklearn", "requests", "jupyter_client"]


def test_help_loads_none_of_the_libraries_that_take_long():
    program = (
        "import sys\nfrom tools.course.cli import app\n"
        "try:\n    app(['run', '--help'])\nexcept SystemExit:\n    pass\n"
        f"print('LOADED', [name for name in {HEAVY} if name in sys.modules])"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "NAME VALUE" in finished.stdout
    assert finished.stdout.strip().endswith("LOADED []")


def test_the_installed_command_is_this_one():
    finished = subprocess.run(
        [sys.executable, "-m", "tools.course", "data", "where"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert finished.stdout.strip().endswith("cache")


def test_where_follows_the_environment(own_cache, type_command):
    assert type_command("data", "where").stdout.strip() == str(own_cache)


def test_a_data_set_that_does_not_exist_is_told_with_the_near_one(own_cache, type_command):
    for command in ("get", "verify"):
        result = type_command("data", command, "london-lsoas")
        assert result.exit_code == 1
        assert "did you mean 'london-lsoa'" in result.stderr
        assert "Traceback" not in result.output
    assert not own_cache.exists(), "nothing is fetched for a name that is wrong"


def test_list_says_what_is_on_this_machine(own_cache, type_command):
    entries = json.loads(type_command("data", "list", "--json").stdout)
    assert {entry["state"] for entry in entries} == {"missing"}
    assert {"london-lsoa", "london-socioeconomic", "london-alphaearth"} <= {
        entry["name"] for entry in entries
    }
    shown = type_command("data", "list", "--origin", "open").stdout
    assert "(open)" in shown.replace("\n", " ")


def test_verify_of_nothing_is_no_fault_but_of_a_named_data_set_it_is(own_cache, type_command):
    assert type_command("data", "verify").exit_code == 0
    named = type_command("data", "verify", "london-lsoa")
    assert named.exit_code == 1
    assert "course data get london-lsoa --origin sample" in named.stdout


def test_open_data_come_from_a_mirror_and_a_damaged_file_is_found(
    own_cache, shared_data, tmp_path, monkeypatch, type_command
):
    mirror = tmp_path / "mirror"
    (mirror / "london-socioeconomic").mkdir(parents=True)
    real = (shared_data / "london" / "Socioeconomic.csv").read_bytes()
    (mirror / "london-socioeconomic" / "Socioeconomic.csv").write_bytes(real)
    monkeypatch.setenv("COURSE_MIRROR", str(mirror))

    def get():
        return type_command("data", "get", "london-socioeconomic", "--origin", "open")

    def verify():
        return type_command("data", "verify", "--origin", "open")

    got = get()
    assert got.exit_code == 0, got.output
    (file,) = own_cache.rglob("Socioeconomic.csv")
    assert str(file) in got.stdout.replace("\n", "")
    file.write_bytes(real[:-1])
    assert verify().exit_code == 1
    assert get().exit_code == 0
    assert file.read_bytes() == real
    assert verify().exit_code == 0

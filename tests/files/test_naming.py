from pathlib import Path

import numpy as np
import pytest

from restorer_app.core.errors import InvalidValueError, UnwritableFileError
from restorer_app.core.raster import ArraySource
from restorer_app.files.naming import default_target, derived_name, first_free, from_template, next_version, target_of
from restorer_app.files.picture import Picture


def test_a_scan_gets_the_first_version_that_is_free(tmp_path):
    master = tmp_path / "Box 7.TIF"
    assert default_target(master, kind="tiff") == tmp_path / "Box 7_restored_v01.TIF"
    (tmp_path / "Box 7_restored_v01.TIF").touch()
    assert default_target(master, kind="tiff") == tmp_path / "Box 7_restored_v02.TIF"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a_restored_v01.tif", "a_restored_v02.tif"), ("a_v9.tif", "a_v10.tif"), ("a_v099.tif", "a_v100.tif")],
)
def test_a_version_is_followed_by_the_next(tmp_path, name, expected):
    assert default_target(tmp_path / name, kind="tiff").name == expected


def test_the_suffix_is_that_of_what_is_written(tmp_path):
    assert default_target(tmp_path / "a.jpg", kind="tiff").name == "a_restored_v01.tif"
    assert derived_name(tmp_path / "a.jpg").name == "a_restored_v01.tif"
    assert default_target(tmp_path / "a.jpeg", kind="jpeg").name == "a_restored_v01.jpeg"
    assert default_target(tmp_path / "a", kind="png").name == "a_restored_v01.png"


@pytest.mark.parametrize(
    ("name", "page", "count", "expected"),
    [
        ("a.tif", 0, 1, "a_restored_v01.tif"),
        ("a.tif", 0, 3, "a_p1_restored_v01.tif"),
        ("a.tif", 2, 3, "a_p3_restored_v01.tif"),
        ("a_restored_v01.tif", 1, 3, "a_restored_v02.tif"),  # that one holds what the first did
    ],
)
def test_of_a_file_with_several_pages_the_name_says_which(tmp_path, name, page, count, expected):
    facts = {"kind": "tiff", "page": page, "page_count": count, "layout": "grey"}
    picture = Picture(path=tmp_path / name, source=ArraySource(np.zeros((2, 2, 1), np.uint8)), **facts)
    for derives in (False, True):
        assert target_of(picture, derives=derives) == tmp_path / expected
        assert target_of(picture, derives=derives, beside=tmp_path / "b.tif").name.startswith("b_")


def test_another_folder_may_take_it(tmp_path):
    assert default_target(Path("a.png"), kind="png", folder=tmp_path).parent == tmp_path


@pytest.mark.parametrize("template", ["restored", "{stem}/x", "{stem}:", "{stem}\n", " {stem}", "{stem}."])
def test_a_template_that_makes_no_name_is_refused(template):
    with pytest.raises(InvalidValueError, match="template"):
        from_template(template, "a")


@pytest.mark.parametrize("stem", ["plate 12:30", ".hidden", 'the "gate"', "two\nlines", "ends. "])
def test_a_scan_with_an_odd_name_keeps_it(tmp_path, stem):
    assert default_target(tmp_path / f"{stem}.tif", kind="tiff").name == f"{stem}_restored_v01.tif"


def test_a_name_that_would_become_too_long_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(UnwritableFileError, match="too long"):
        default_target(tmp_path / f"{'x' * 250}.tif", kind="tiff")


def test_a_dead_link_is_not_a_free_name(tmp_path):
    (tmp_path / "a_v01.tif").symlink_to(tmp_path / "gone")
    assert first_free(tmp_path / "a_v01.tif").name == "a_v02.tif"
    assert next_version(Path("a.tif")).name == "a_v02.tif"

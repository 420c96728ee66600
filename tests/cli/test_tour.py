import numpy as np
from PIL import Image

from restorer_app.files import cards


def test_a_tour_shows_everything_and_leaves_its_results(desk, monkeypatch):
    monkeypatch.setattr(cards, "list_models", list)  # trained or not, a test must not take minutes
    scan = desk.tiff()
    desk.mask("scan_mask.png")
    assert desk.run("tour", scan, "--out", desk / "out") == 0
    there = {path.name for path in (desk / "out").iterdir()}
    assert there == {
        "scan_info.txt",
        "scan_mask.png",
        "scan_repaired.tif",
        "scan_denoised.tif",
        "scan_upscaled.tif",
        "scan_before_repaired.png",
        "scan_before_denoised.png",
        "scan_before_upscaled.png",
    }
    assert "read from scan_mask.png" in desk.out
    assert "0 of 18\u202f900 samples changed outside the mask" in desk.out
    with Image.open(desk / "out" / "scan_before_repaired.png") as beside:
        assert beside.size == (90 + 12 + 90, 70)


def test_a_tour_of_a_picture_without_a_mask_draws_one(desk, monkeypatch):
    monkeypatch.setattr(cards, "list_models", list)
    assert desk.run("tour", desk.jpeg(), "--out", desk / "out") == 0
    assert "a line drawn across" in desk.out
    assert (desk / "out" / "scan_repaired.jpg").is_file()
    assert (desk / "out" / "scan_denoised.tif").is_file()


def test_a_picture_for_viewing_is_only_looked_at(desk):
    Image.fromarray(np.zeros((9, 9), np.uint8)).convert("P").save(desk / "few.png")
    assert desk.run("tour", desk / "few.png", "--out", desk / "out") == 0
    assert [path.name for path in (desk / "out").iterdir()] == ["few_info.txt"]

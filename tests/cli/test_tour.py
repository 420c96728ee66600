import imagecodecs
import numpy as np
from PIL import Image

from restorer_app.files import cards, jp2, png
from tests.cli.conftest import light


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


def test_a_tour_leaves_the_decoding_of_unknown_files_to_the_reader_process(desk, monkeypatch):
    monkeypatch.setattr(cards, "list_models", list)
    (desk / "scan.jp2").write_bytes(imagecodecs.jpeg2k_encode(light(70, 90), level=0))
    desk.mask("scan_mask.png")
    open_png = png.open_png

    def only_our_own(path, **rest):
        assert path.parent == desk / "out", "a codec that crashes would take the command line along"
        return open_png(path, **rest)

    monkeypatch.setattr(png, "open_png", only_our_own)
    monkeypatch.setattr(jp2, "open_jp2", only_our_own)
    assert desk.run("tour", desk / "scan.jp2", "--out", desk / "out") == 0, desk.err
    assert "Verified once more" in desk.out


def test_a_picture_for_viewing_is_only_looked_at(desk):
    Image.fromarray(np.zeros((9, 9), np.uint8)).convert("P").save(desk / "few.png")
    assert desk.run("tour", desk / "few.png", "--out", desk / "out") == 0
    assert [path.name for path in (desk / "out").iterdir()] == ["few_info.txt"]

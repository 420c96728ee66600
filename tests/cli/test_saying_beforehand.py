"""What the command line says before anybody is surprised: of a damaged packet, and of how a mask is read."""

import pytest

from tests.files import make
from tests.files.make import noise

UNREADABLE = "XMP that cannot be read"


def test_info_tells_of_xmp_that_other_programs_would_not_find_after_a_save(desk):
    broken = b"<x:xmpmeta this is no xml "
    (desk / "scan.tif").write_bytes(make.tiff(noise(40, 50), extratags=[(700, 1, len(broken), broken, True)]))
    assert desk.run("info", desk / "scan.tif") == 0
    assert f"{UNREADABLE}: damaged" in desk.out
    assert desk.run("info", desk / "scan.tif", "--json") == 0
    assert desk.told()["facts"][UNREADABLE].startswith("damaged")


def test_info_says_nothing_of_xmp_that_can_be_read(desk):
    assert desk.run("info", desk.tiff()) == 0
    assert UNREADABLE not in desk.out


@pytest.mark.parametrize("command", ["repair", "verify"])
def test_the_help_says_how_a_mask_without_an_orientation_is_read(desk, command):
    assert desk.run(command, "--help") == 0
    assert "as that is seen unless M states an orientation" in " ".join(desk.out.split())

from restorer_app.bench import core
from restorer_app.core.geometry import Region


def test_the_benchmark_of_the_core_reports_every_size_and_depth(monkeypatch):
    monkeypatch.setattr(core, "SIZES", (("tiny", 2000, 2600),))
    monkeypatch.setattr(core, "_REPEATS", 3)
    report = core.run(anyway=True)
    (table,) = report.tables
    assert [row[:2] for row in table.rows] == [("tiny", "uint8"), ("tiny", "uint16")]
    assert all(isinstance(cell, float) and cell > 0 for row in table.rows for cell in row[2:])
    assert "| tiny" in report.markdown()


def test_a_hundred_edits_share_what_they_do_not_touch():
    image = core.Raster(core.FlatSource(Region.of_size(6000, 4000), core.np.dtype("uint8"), 3))
    edited, held = core._edited(image)
    # a 512² patch touches at most 3 × 3 cells
    assert held <= core.EDITS * 9 * 256 * 256 * 3
    assert edited.own_bytes() <= held

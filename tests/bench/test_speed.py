"""The engine's benchmark measures what is installed, and says so when nothing is."""

import pytest

from restorer_app.bench import speed
from restorer_app.bench.repairs import DAMAGES, Damage, repairs
from restorer_app.core.errors import UnusableModelError
from restorer_app.core.geometry import Region
from restorer_app.files import places
from restorer_app.files.cards import list_models


def test_every_model_is_measured_bare_and_within_the_engine(monkeypatch):
    shipped = [
        model for model in list_models(places.models()) if model.card is not None and model.card.task == "denoise"
    ]
    if not shipped:
        pytest.skip("no denoiser is shipped")
    monkeypatch.setattr(speed, "list_models", lambda: shipped[:1])
    monkeypatch.setattr(speed, "WHOLE_ON_CPU", Region.of_size(640, 320))
    monkeypatch.setattr(speed, "SIDES", (48,))
    blob = Damage("a blob", Region.of_size(400, 300), (Region(40, 40, 60, 60),), 1.0)
    monkeypatch.setattr(speed, "repairs", lambda card, **how: repairs(card, damages=[blob], **how))
    report = speed.run(anyway=True, quick=True, device="cpu")
    tiles, engine, fills = report.tables
    assert [row[:3] for row in tiles.rows] == [(shipped[0].card.id, dtype, 48) for dtype in ("float32", "bfloat16")]
    assert all(row[3] >= 0 and row[4] > 0 for row in tiles.rows)
    ((model, _, megapixels, net, whole, added, _, memory),) = engine.rows
    assert model == shipped[0].card.id
    assert megapixels == pytest.approx(160 * 80 / 1e6, abs=0.005)
    assert net > 0
    assert whole > 0
    assert added.endswith("%")
    assert memory > 50
    assert {row[1] for row in fills.rows} == {"patch", "telea", "navier-stokes"}
    assert all(0 < row[2] <= row[3] for row in fills.rows)
    assert report.machine["device"].startswith("cpu")


def test_without_a_model_there_is_nothing_to_measure(monkeypatch):
    monkeypatch.setattr(speed, "list_models", list)
    with pytest.raises(UnusableModelError, match="nothing to measure"):
        speed.run(anyway=True)


def test_a_quick_look_measures_as_many_holes_as_the_whole_and_says_on_what():
    for damage in DAMAGES:
        quick = damage.scaled(4)
        assert len(quick.holes) == len(damage.holes)
        assert all(quick.scan.contains(hole) for hole in quick.holes)
        assert quick.name == f"{damage.what} on {quick.scan.area / 1e6:.3g} MP"

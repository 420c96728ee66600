"""The benchmark of quality measures what it says, on pictures damaged as the literature does it."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from restorer_app.bench import peers, quality
from restorer_app.bench.cases import CASES, brightness, pictures_of, whole
from restorer_app.bench.sheet import Sheet
from restorer_app.core import metrics
from restorer_app.core.errors import InvalidValueError, UnreadableFileError, UnusableModelError
from restorer_app.files import cards, places


def _picture(seed=0, size=(96, 80)):
    coarse = Image.fromarray(np.random.default_rng(seed).integers(0, 256, (10, 12, 3), np.uint8))
    return coarse.resize(size, Image.Resampling.BICUBIC)


@pytest.fixture
def data(tmp_path):
    for name in ("cbsd68", "kodak24", "set14", "set5"):
        (tmp_path / "data" / name).mkdir(parents=True)
        for seed in range(2):
            _picture(seed).save(tmp_path / "data" / name / f"picture{seed}.png")
    return tmp_path / "data"


@pytest.fixture
def own_cards(tmp_path, monkeypatch):
    """The shipped models as a copy whose cards may be written to."""
    shutil.copytree(places.models(), tmp_path / "models")
    monkeypatch.setattr("restorer_app.files.places.models", lambda: tmp_path / "models")
    return tmp_path / "models"


def test_every_case_has_a_model_that_is_here():
    assert {case.model for case in CASES.values()} == {model.folder.name for model in cards.list_models()}


def test_models_stand_beside_their_peers(data, tmp_path, own_cards):
    report = quality.run(["upscale-x2"], data, out=tmp_path / "out", to_cards=True)
    rows = [row for table in report.tables for row in table.rows]
    assert [row[1] for row in rows[:3]] == ["bicubic", "Lanczos", "upscale-x2"]
    assert all(row[2] > 15 for row in rows)
    assert (tmp_path / "out" / "quality.md").read_text().count("upscale-x2") >= 2
    assert (tmp_path / "out" / "upscale-x2.png").is_file()
    card = cards.read_card(own_cards / "upscale-x2")
    assert card.measured["×2, set14, Y"]["pictures"] == 2
    assert card.id == "upscale-x2"


def test_what_was_measured_stays_when_the_rest_fails(data, tmp_path, own_cards, monkeypatch):
    measure = quality._measure

    def half(name, *args, **kwargs):
        if name != "upscale-x2":
            raise InterruptedError
        return measure(name, *args, **kwargs)

    monkeypatch.setattr(quality, "_measure", half)
    with pytest.raises(InterruptedError):
        quality.run(["upscale-x2", "upscale-x4"], data, out=tmp_path / "out", to_cards=True)
    assert "upscale-x2" in (tmp_path / "out" / "quality.md").read_text()
    assert cards.read_card(own_cards / "upscale-x2").measured["×2, set14, Y"]["pictures"] == 2


def test_a_level_that_is_estimated_is_a_row_of_its_own(data, tmp_path):
    report = quality.run(["denoise-25", "denoise-clean"], data, out=tmp_path / "out")
    methods = [[row[1] for row in table.rows] for table in report.tables]
    own = ["denoise, told", "denoise, told, 1 look", "denoise, told, 4 looks", "denoise, auto"]
    assert methods == [["as it is", "guided filter", *own], ["denoise, auto"]]
    told = {row[1]: row[2] for row in report.tables[0].rows}
    assert told[own[1]] < told[own[0]] < told[own[2]], "every look more is worth something"


def test_slow_peers_are_read_from_the_table_only_for_the_same_pictures(data, tmp_path, monkeypatch):
    stamp = peers.pictures_hash([pixels for _, pixels in pictures_of(data, CASES["denoise-25"])])
    rows = [peers.Kept("denoise-25", "NLM", "restorer 1", which, 1.5, 1.5, 1.5, 0.5) for which in (stamp, "others")]
    file = tmp_path / "peers.toml"
    file.write_text(peers.table_of(rows), encoding="utf-8")
    assert list(peers.kept_figures(file)) == rows
    monkeypatch.setattr(quality, "kept_figures", lambda: peers.kept_figures(file))
    report = quality.run(["denoise-25"], data, out=tmp_path / "out")
    assert [row[1] for row in report.tables[0].rows].count("NLM (restorer 1)") == 1


def test_a_foreign_peer_is_asked_once_and_its_row_joins_the_table(data, tmp_path, monkeypatch):
    asked = []

    def brighter(trial):
        asked.append(trial.level)
        return trial.seen + 0.001

    slow = peers.Peer("slow", brighter, "foreign", slow=True)
    for name in ("denoise-25", "denoise-grey-25"):
        monkeypatch.setitem(CASES, name, replace(CASES[name], peers=(slow,)))
    old = [peers.Kept("denoise-25", "NLM", "restorer 1", "others", 1.5, 1.5, 1.5, 0.5)]
    monkeypatch.setattr(quality, "kept_figures", lambda: old)

    def rows():
        report = quality.run(["denoise-25", "denoise-grey-25"], data, out=tmp_path / "out", with_peers=True)
        assert {row[6] for table in report.tables for row in table.rows[:1]} == {None}
        return [table.rows[0] for table in report.tables]

    first, count = rows(), len(asked)
    assert rows() == first
    assert len(asked) == count == 4
    table = peers.kept_figures(tmp_path / "out" / "peers.toml")
    assert [(row.case, row.method) for row in table] == [
        ("denoise-25", "NLM"),
        ("denoise-25", "slow"),
        ("denoise-grey-25", "slow"),
    ]
    assert table[1].psnr == pytest.approx(first[0][2], abs=0.01)


def test_the_committed_table_can_be_read():
    assert all(row.psnr > 0 for row in peers.kept_figures())


def test_noise_is_the_same_each_time_and_as_strong_as_it_says():
    truth = np.asarray(_picture(0), np.float32) / 255
    one, again = (CASES["denoise-25"].trial(truth, "x") for _ in range(2))
    assert np.array_equal(one.seen, again.seen)
    assert float((one.seen - truth).std()) * 255 == pytest.approx(25, rel=0.02)
    assert float(one.seen.min()) < 0
    little = CASES["denoise-strongly"].trial(truth, "x")
    assert float((little.seen - truth).std()) * 255 == pytest.approx(6, rel=0.02)
    assert little.level == pytest.approx(4 * 6 / 255)


def test_upscaling_is_judged_on_studio_swing_without_its_edge():
    truth = np.asarray(_picture(0, (97, 81)), np.float32) / 255
    trial = CASES["upscale-x2"].trial(truth, "x")
    assert trial.seen.shape == (40, 48, 3)
    answer = trial.truth.copy()
    answer[:2] = 0
    assert CASES["upscale-x2"].judge(trial, answer)[0] == np.inf
    assert brightness(np.ones((1, 1, 3), np.float32)) == pytest.approx(235 / 255)
    assert brightness(np.zeros((1, 1, 3), np.float32)) == pytest.approx(16 / 255)


def test_a_repair_is_judged_in_the_hole_only():
    size = (768, 512)
    truth = np.asarray(_picture(0, size), np.float32) / 255
    trial = CASES["repair-scratches"].trial(truth, "kodim01")
    answer = np.where(trial.hole[:, :, None], truth + 0.1, 0)
    score = CASES["repair-scratches"].judge(trial, answer)[0]
    assert score == pytest.approx(metrics.psnr(truth, whole(truth + 0.1), where=trial.hole))


def test_every_fixed_mask_is_neither_empty_nor_full():
    masks = sorted(peers.MASKS.glob("*.png"))
    assert len(masks) == 3 * 24
    assert all(0.01 < np.asarray(Image.open(mask).convert("L")).mean() / 255 < 0.2 for mask in masks)


def test_unknown_models_and_missing_pictures_are_one_sentence(tmp_path):
    with pytest.raises(InvalidValueError, match="sharpen"):
        quality.run(["sharpen"], tmp_path, out=tmp_path / "out")
    with pytest.raises(UnreadableFileError, match="no pictures"):
        quality.run(["upscale-x2"], tmp_path, out=tmp_path / "out")


def test_a_model_that_is_not_here_is_missed_before_its_peers_are_measured(data, tmp_path, own_cards):
    shutil.rmtree(own_cards / "upscale-x2")
    with pytest.raises(UnusableModelError, match="no model upscale-x2"):
        quality.run([], data, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_sheet_shows_small_pictures_too(tmp_path):
    sheet = Sheet("x")
    sheet.show("one", [np.ones((5, 300, 3), np.float32)])
    sheet.show("grey – –", [np.zeros((5, 5, 1), np.float32)])
    sheet.write(tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as shown:
        assert shown.width > 300

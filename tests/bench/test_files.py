import pytest

from restorer_app.bench import files


@pytest.mark.parametrize("coding", files.CODINGS)
def test_what_is_measured_is_a_save_that_passes_its_proof(tmp_path, coding):
    master = files.make(tmp_path / "master.tif", coding=coding, layout=files.LAYOUTS[0], side=700)
    target = tmp_path / "out.tif"
    assert files.patched_save(master, target).seconds > 0
    assert target.exists()
    assert files.proof_again(master, target).processor > 0
    files.reference_copy(master, target)
    assert target.read_bytes() == master.read_bytes()


def test_what_is_measured_is_said_at_once_and_only_the_codings_asked_for(capsys, monkeypatch):
    monkeypatch.setattr(files, "EDIT", 64)
    report = files.run(anyway=True, side=300, repeats=1, peers=False, codings=["zstd"])
    assert [row[:2] for row in report.tables[0].rows] == [("zstd", layout) for layout in files.LAYOUTS]
    assert "zstd, tiles of 256²: save" in capsys.readouterr().err

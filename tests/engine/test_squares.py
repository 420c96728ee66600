"""Compression is taken out of a JPEG, and out of a piece that was cut out of it, alike: the squares are found again."""

import io

import numpy as np
import pytest
from PIL import Image

from restorer_app.core.operation import Decompress
from restorer_app.files import places
from restorer_app.files.cards import find_model
from tests.engine.conftest import photograph
from tests.engine.test_run import closing, job_of

SIDE, TOP, LEFT = 304, 3, 5


@pytest.mark.parametrize("looks", [1, 4])
def test_a_piece_cut_out_of_a_jpeg_becomes_what_it_becomes_in_the_whole(run, looks):
    file = io.BytesIO()
    Image.fromarray(photograph(SIDE, SIDE, dtype="uint8")).save(file, "JPEG", quality=30)
    whole = np.asarray(Image.open(file))
    card = find_model("decompress", places.models()).card

    def restored(picture):
        events, result = run(job_of(Decompress(looks=looks), picture, model=card, dtype="float32", device="cpu"))
        return closing(events), result.read(result.bounds)

    (record, expected), (of_piece, found) = restored(whole), restored(np.ascontiguousarray(whole[TOP:, LEFT:]))
    inner = np.s_[card.halo : SIDE - TOP - card.halo, card.halo : SIDE - LEFT - card.halo]
    apart = np.abs(expected[TOP:, LEFT:][inner].astype(int) - found[inner])
    assert apart.size
    assert apart.max() <= 1
    assert (expected != whole).mean() > 0.2
    if card.net_args.get("blocks"):
        assert (record.measured["jpeg_grid"], of_piece.measured["jpeg_grid"]) == ([0, 0], [8 - TOP, 8 - LEFT])

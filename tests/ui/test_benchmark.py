"""The benchmark of the window measures the real program at work."""

import numpy as np
from PySide6.QtWidgets import QApplication

from restorer_app.ui import benchmark_job


def test_the_window_is_watched_while_a_real_job_runs(qapp: QApplication, tmp_path, monkeypatch):
    monkeypatch.setattr(benchmark_job, "SECONDS", 0.2)
    pixels = np.random.default_rng(0).integers(9000, 60000, (900, 1200, 3), np.uint16)
    try:
        table = benchmark_job.table(qapp, pixels, tmp_path, (1000, 700))
    finally:
        qapp.setStyleSheet("")
        qapp.setStyle("Fusion")
        qapp.setPalette(qapp.style().standardPalette())
    assert [row[0] for row in table.rows] == [
        "nothing runs",
        "denoised, the whole in view",
        "denoised, panned at 100 %",
    ]
    assert all(row[1] > 2 and 0 < row[2] <= row[5] for row in table.rows)

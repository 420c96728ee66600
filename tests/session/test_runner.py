"""The engine in this process: reached late, and the same stream as run_job gives."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from restorer_app.core.job import CancelToken, Finished, Job, Stopped, TileDone
from restorer_app.core.operation import Denoise
from restorer_app.core.raster import Raster
from restorer_app.session.runner import run


def job():
    image = Raster.from_array(np.random.default_rng(0).integers(0, 255, (60, 70, 3), dtype=np.uint8))
    return Job("one", Denoise(0.2, "guided"), image, image.bounds)


def test_a_job_runs_here():
    assert [type(event) for event in run(job())] == [TileDone, Finished]


def test_it_can_be_cancelled():
    token = CancelToken()
    token.cancel()
    assert [type(event) for event in run(job(), token)] == [Stopped]


def test_the_session_loads_without_the_engine():
    script = (
        "import sys, restorer_app.session.runner, restorer_app.session.child\n"
        "print([name for name in sys.modules if name == 'torch' or name.startswith('restorer_app.engine')])"
    )
    surroundings = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=surroundings)
    assert child.stdout.strip() == "[]"


def test_classical_methods_do_not_wait_for_torch():
    script = (
        "import sys, numpy as np\n"
        "from restorer_app.core.job import Job\n"
        "from restorer_app.core.operation import Denoise\n"
        "from restorer_app.core.raster import Raster\n"
        "from restorer_app.session.runner import run\n"
        "image = Raster.from_array(np.zeros((9, 9, 3), np.uint8))\n"
        "print(list(run(Job('one', Denoise(0.2, 'guided'), image, image.bounds)))[-1].record.versions['torch'])\n"
        "print('torch' in sys.modules)"
    )
    surroundings = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=surroundings)
    version, loaded = child.stdout.split()
    assert loaded == "False"
    assert version[0].isdigit(), "the record names it all the same"

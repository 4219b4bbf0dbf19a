"""The picture of the README and of the first page: one patient of the first example.

``python doc/figures/waterfall.py`` writes ``doc/_static/waterfall.png``, or the file
that is named behind it. The picture has the numbers that it shows in its description,
so that a test can compare them with those of the example.
"""

import contextlib
import runpy
import sys
import tempfile
from pathlib import Path

DOC = Path(__file__).resolve().parents[1]
EXAMPLE = DOC.parent / "examples" / "plot_quickstart.py"
PATH = Path(sys.argv[1] if len(sys.argv) > 1 else DOC / "_static" / "waterfall.png")

# the example leaves a report and pictures of its own where it runs
target = PATH.resolve()
with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
    patient = runpy.run_path(str(EXAMPLE))["of_patient"]

numbers = patient.frame().round(2).to_csv(index=False)
patient.figure_.savefig(target, dpi=100, metadata={"Description": numbers})
print(f"\nThe picture of the README is in {target}.")

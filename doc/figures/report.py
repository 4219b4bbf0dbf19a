"""The picture of a report: patient records with a table, a note and an ECG.

``python doc/figures/report.py`` writes ``doc/_static/report.png``, or the file that is
named behind it. It takes a minute, and needs Chromium or Chrome, Pillow and pandas.
"""

import runpy
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

DOC = Path(__file__).resolve().parents[1]
EXAMPLE = DOC.parent / "examples" / "plot_records.py"
PATH = Path(sys.argv[1] if len(sys.argv) > 1 else DOC / "_static" / "report.png")
BROWSERS = "chromium", "chromium-browser", "google-chrome"
WIDTH, HEIGHT = 900, 2640

browser = next(filter(None, map(shutil.which, BROWSERS)), None)
if browser is None:
    sys.exit(f"The picture of a page needs a browser: install one of {BROWSERS}.")

example = runpy.run_path(str(EXAMPLE))
rows = example["records"].data.iloc[example["test"]]
# a word that works with the ECG, so that there is something to see in the last part
rows = rows[rows["note"].str.contains("palpitations")][:4]
explainer = example["explainer"]
pairs = explainer.explain_pairs(rows, ("note", "ecg"))
with tempfile.TemporaryDirectory() as folder:
    page, picture = Path(folder, "report.html"), Path(folder, "report.png")
    explainer.explain(rows).to_html(page, pairs=pairs)
    options = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        f"--user-data-dir={folder}/profile",
        f"--window-size={WIDTH},{HEIGHT}",
        f"--screenshot={picture}",
    ]
    subprocess.run([browser, *options, page.as_uri()], check=True, capture_output=True)
    # a page of few colours needs no more than 256
    with Image.open(picture) as image:
        image.convert("RGB").quantize(256).save(PATH, optimize=True)
print(f"\nThe picture of the report is in {PATH}.")

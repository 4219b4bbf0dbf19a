"""Configuration of the documentation.

Build it with ``python -m sphinx -W --keep-going -b html doc doc/_build/html``.
Nothing is fetched from the network while building.
"""

import sys
import warnings
from pathlib import Path

from docutils import nodes

import skdime

sys.path.insert(0, str(Path(__file__).parent))  # gallery_order, mathml

project = "skdime"
author = "skdime developers"
copyright = f"2026, {author}"
version = release = skdime.__version__

extensions = [
    "mathml",
    "matplotlib.sphinxext.plot_directive",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.extlinks",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
]

root_doc = "index"
templates_path = ["templates"]
exclude_patterns = ["_build", "templates"]
default_role = "literal"
nitpicky = True
smartquotes = False  # messages are quoted as they are
html_math_renderer = "mathml"

# --- docstrings ------------------------------------------------------------------

autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
# The docstring of everything documented here is checked: GL06 unknown section, GL07
# order of sections, GL08 none at all, PR parameters, RT01 returned value not
# described, SS01 no summary, SS03 no full stop after it.
numpydoc_validation_checks = {
    "GL06",
    "GL07",
    "GL08",
    "PR01",
    "PR02",
    "PR04",
    "PR07",
    "PR10",
    "RT01",
    "SS01",
    "SS03",
}
numpydoc_validation_exclude = {
    # results, which skdime constructs, document attributes in place of parameters
    r"\.(Decomposition|Explanation|ExplainedBatches|AdditiveGap|FaithfulnessCurves)$",
    r"\.(PairExplanation|ModalityDescription)$",
    r"\.(ModalitySummary|ModalityWorth|Stability|Comparison)$",
    r"\.(CrossExplanation|VarianceComponents|GroupSummaries|GroupMeans)$",
    r"\.(InteractionRegions|ModalityProposal)$",
    r"\.(SceneObject|Effect|LocalDesign|ReplacementSensitivity)$",
    r"\.(SceneObject|Effect|AdditiveGap|ReplacementSensitivity)\.\w+$",
    r"\.\w+Perturber\.(kind|masks_rows)$",
    # what a perturber has to implement is documented once, at the base class
    r"\.perturbers\.(?!Neighbourhood|MaskPerturber)\w+\.(fit|design|describe|learn|"
    r"features|perturb|perturb_row|labels|shown|inert|column_names|columns|"
    r"columns_of|redraw|axes_of)$",
}
extlinks = {
    "doi": ("https://doi.org/%s", "doi:%s"),
}

# --- names of other packages -------------------------------------------------------

# Links to their pages are made of their names, so that nothing has to be fetched; every
# name of skdime that is not found is a warning.
sklearn_pages = "https://scikit-learn.org/stable/"
pages_of_names = {
    "sklearn": sklearn_pages + "modules/generated/{0}.html",
    "joblib": "https://joblib.readthedocs.io/en/stable/generated/{0}.html",
    "functools": "https://docs.python.org/3/library/functools.html#{0}",
    "BaseException": "https://docs.python.org/3/library/exceptions.html#{0}",
}
# of the docstrings of methods that estimators inherit from scikit-learn
pages_of_labels = {
    "metadata_routing": "metadata_routing.html",
    "df_output_transform": "modules/df_output_transform.html",
    "sphx_glr_auto_examples_miscellaneous_plot_set_output.py": (
        "auto_examples/miscellaneous/plot_set_output.html"
    ),
}


def link_to_other_packages(app, env, node, contnode):
    """Link a name that is not documented here to the page of its own package."""
    target = node["reftarget"]
    page = pages_of_names.get(target.partition(".")[0])
    if node["refdomain"] == "py" and page is not None:
        uri = page.format(target)
    elif node["reftype"] == "ref" and target in pages_of_labels:
        uri = sklearn_pages + pages_of_labels[target]
    else:
        return None
    return nodes.reference("", "", contnode, refuri=uri, internal=False)


def skip_request_methods(app, what, name, obj, skip, options):
    """Leave out scikit-learn's generated ``set_<method>_request``.

    Their docstrings refer to pages of scikit-learn's own guide.
    """
    if name.startswith("set_") and name.endswith("_request"):
        return True
    return None


# --- figures -----------------------------------------------------------------------

# Figures of pages are drawn by the code beside them, or by a script in doc/figures.
plot_formats = [("png", 110)]
plot_html_show_formats = False
plot_html_show_source_link = False

# --- gallery ---------------------------------------------------------------------

sphinx_gallery_conf = {
    "examples_dirs": ["../examples"],
    "gallery_dirs": ["auto_examples"],
    "filename_pattern": r"/plot_",
    "abort_on_example_error": True,
    "min_reported_time": 1,
    "show_memory": False,
    "doc_module": ("skdime",),
    "reference_url": {"skdime": None},
    "within_subsection_order": "gallery_order.GalleryOrder",
    "remove_config_comments": True,
}


# Examples show warnings as part of their output, without the path of the build.
def format_warning(message, category, filename, lineno, line=None):
    """The kind and the text of a warning."""
    return f"{category.__name__}: {message}\n"


warnings.formatwarning = format_warning

# A gallery example runs under the backend Agg, where plt.show() has nothing to show.
warnings.filterwarnings("ignore", message=".*FigureCanvasAgg is non-interactive.*")

# --- HTML ------------------------------------------------------------------------

html_theme = "pydata_sphinx_theme"
html_title = f"skdime {release}"
html_theme_options = {
    "show_prev_next": False,
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
}
# pages that have no others beside them
alone = ["index", "getting_started", "benchmarks", "whats_new", "genindex", "search"]
html_sidebars = {page: [] for page in alone}
html_static_path = ["_static"]
html_css_files = ["skdime.css"]
html_show_sourcelink = False


def setup(app):
    app.connect("autodoc-skip-member", skip_request_methods)
    app.connect("missing-reference", link_to_other_packages)

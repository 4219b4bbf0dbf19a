"""Configuration of the documentation.

Build it with ``python -m sphinx -W --keep-going -b html doc doc/_build/html``.
Nothing is fetched from the network while building.
"""

import warnings

import skdime

project = "skdime"
author = "skdime developers"
copyright = f"2026, {author}"
version = release = skdime.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.extlinks",
    "sphinx.ext.mathjax",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
]

root_doc = "index"
templates_path = ["templates"]
exclude_patterns = ["_build", "templates"]
default_role = "literal"
nitpicky = False

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
    r"\.(InteractionShare|Stability|CrossExplanation|VarianceComponents)$",
    r"\.(SceneObject|Effect)$",
    r"\.(SceneObject|Effect|AdditiveGap)\.\w+$",
    r"\.MaskPerturber\.kind$",
    # what a perturber has to implement is documented once, at the base class
    r"\.perturbers\.(?!Neighbourhood|MaskPerturber)\w+\.(fit|design|describe|learn|"
    r"features|perturb|perturb_row|labels|shown|inert|column_names|columns)$",
}
extlinks = {"doi": ("https://doi.org/%s", "doi:%s")}


def skip_request_methods(app, what, name, obj, skip, options):
    """Leave out scikit-learn's generated ``set_<method>_request``.

    Their docstrings refer to pages of scikit-learn's own guide.
    """
    if name.startswith("set_") and name.endswith("_request"):
        return True
    return None


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
    "within_subsection_order": "FileNameSortKey",
    "remove_config_comments": True,
}

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
html_sidebars = {"index": [], "whats_new": []}
html_show_sourcelink = False


def setup(app):
    app.connect("autodoc-skip-member", skip_request_methods)

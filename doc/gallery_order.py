"""The order of the examples in the gallery."""

ORDER = [
    "quickstart",
    "pipelines",
    "bike_sharing",
    "displays",
    "records",
    "sensors",
    "scenes",
    "stability",
    "study",
    "choose_parameters",
    "paper_synthetic",
]


class GalleryOrder:
    """From the first to read to the most special; others follow by name.

    Parameters
    ----------
    src_dir : str
        The folder of the examples.
    """

    def __init__(self, src_dir):
        self.src_dir = src_dir

    def __call__(self, filename):
        name = filename.removeprefix("plot_").removesuffix(".py")
        place = ORDER.index(name) if name in ORDER else len(ORDER)
        return place, name

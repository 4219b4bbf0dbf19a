"""Classes of scikit-learn by name, so that none is imported to recognise a model.

A model of a class that has not been imported does not exist; importing all classes that
something is proved of would take a tenth of a second before the first line of a user.
"""


def sklearn_class(model):
    """Which class of scikit-learn a model is an instance of, and of no subclass.

    Parameters
    ----------
    model : object

    Returns
    -------
    name : str
        Behind ``sklearn.``, such as ``"linear_model.Ridge"``; empty for all other
        classes.
    """
    package, _, modules = str(type(model).__module__).partition(".")
    if package != "sklearn":
        return ""
    return f"{modules.partition('.')[0]}.{type(model).__name__}"

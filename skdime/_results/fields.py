"""Names on the axis of parts, and of the fields of an explanation by their shape."""

PARTS = ("uc", "mi")
PER_FEATURE = ("coef", "se_references", "se_perturbations", "se_approximation")
PER_MODALITY = ("intercept", "local_prediction", "r2", "approximation_error")
ERRORS = PER_FEATURE[1:]
NUMBERS = (*PER_FEATURE, *PER_MODALITY, "effective_samples")
# Of a decomposition: what has an axis of rows always, and with pairs of modalities.
BY_ROW = ("output", "uc", "mi", "main", "uc_se", "mi_se", "main_se")
PAIRS = ("pairs", "higher", "pairs_se", "higher_se")
# Whole numbers that several results add up.
COUNTS = ("n_model_rows", "n_encodings")
# Of an explanation, what `fit` took before.
FIT_COUNTS = ("n_fit_rows", "n_fit_encodings")


def fields_by_row(decomposition):
    """Names of the arrays that have an axis of rows, but for the names of these."""
    names = [*BY_ROW, *(() if decomposition.pairs is None else PAIRS)]
    if decomposition.baseline.ndim > 1:
        names += ["baseline", "baseline_se"]
    return names if decomposition.row_outputs is None else [*names, "row_outputs"]

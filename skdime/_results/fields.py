"""Names on the axis of parts, and of the fields of an explanation by their shape."""

PARTS = ("uc", "mi")
PER_FEATURE = ("coef", "se_references", "se_perturbations", "se_approximation")
PER_MODALITY = ("intercept", "local_prediction", "r2", "approximation_error")
ERRORS = PER_FEATURE[1:]
NUMBERS = (*PER_FEATURE, *PER_MODALITY, "effective_samples")

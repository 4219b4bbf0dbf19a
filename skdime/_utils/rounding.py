"""Differences that are rounding, relative to the numbers that are compared."""

# Models may compute in single precision, which has 7 digits, whatever they are given.
SINGLE_PRECISION = 1e-6
# Double precision has 16 digits. A mean over hundreds of outputs keeps 12 of them.
DOUBLE_PRECISION = 1e-12
# UC, MI and changes of them are differences of such means, and lose two digits more.
DIFFERENCES_OF_MEANS = 1e-10

"""What explaining costs, by phases of fitting and explaining."""

from typing import NamedTuple

import numpy as np

from skdime._results.page.tables import Section, tables
from skdime._utils.listed import count

# Fields of a phase begin with these.
_OF_A_PHASE = "expected", "most"


class Phase(NamedTuple):
    """One phase of fitting or explaining.

    Attributes
    ----------
    method : {"fit", "explain"}
    name : {"checks", "baseline", "decomposition", "coefficients"}
        ``"checks"`` see whether the model's output for a row depends on this row alone,
        ``"baseline"`` is the mean output; after ``fit`` the two are one phase.
    expected_rows, most_rows : int
        Rows that the model must see, to be expected and at most.
    expected_encodings, most_encodings : int
        Rows of single modalities that its encoders must see, as long as they remember
        encodings.
    """

    method: str
    name: str
    expected_rows: int
    most_rows: int
    expected_encodings: int = 0
    most_encodings: int = 0


class Cost(NamedTuple):
    """What explaining costs, counted in rows that the model must see.

    All outputs come from the same rows.

    Attributes
    ----------
    fit_rows : int
        Rows of ``fit`` at most, spent once (the model's own training not counted).
        Beside them, rows unlike the references may be looked at: up to 82 of two
        modalities, of K > 2 with rare levels up to 17 + 16 K.
    explain_rows : int
        Rows of ``explain(X)`` at most.
    calls : int
        Calls of the model in ``explain(X)``, if it takes the most rows.
    peak_bytes : int
        Most that is held at once: rows sent to the model, tables, coefficients.
    seconds : float
        Time of ``explain(X)`` for `expected_explain_rows`: that of the model, from the
        rows it saw in ``fit``, or by a rule of thumb for sums over trees, which need
        none, and that of skdime itself, which is known within a factor of four; nan
        before a disentangler is fitted.
    expected_fit_rows : int
        Rows of ``fit`` to be expected; those that it took, after it.
    expected_explain_rows : int
        Rows of ``explain(X)`` to be expected: half way between the first and the last
        step of what goes on until it is accurate; after ``fit``, of tables that are
        completed from few perturbations, as many a row as references would take; or,
        given an explanation, as many a row as this took. Before ``fit``, the structure
        of a model that is fitted already is taken into account.
    phases : tuple of Phase
        The same by phase, with encodings: of a :class:`~skdime.models.TowersModel`, and
        of a fitted pipeline, whose first steps are encoded once.
    expected_uc_se : float
        Standard error to be expected of UC, and of MI, which have the same: root mean
        square over rows and outputs, in standard deviations of the output. Before
        ``fit`` from a rule of thumb, from ``fit`` what this has told of the model, or
        what a given explanation has left.
    expected_coef_se : float
        The same of a coefficient, a root mean square over features as well.
    """

    fit_rows: int
    explain_rows: int
    calls: int
    peak_bytes: int
    seconds: float
    expected_fit_rows: int
    expected_explain_rows: int
    phases: tuple
    expected_uc_se: float
    expected_coef_se: float

    @property
    def fit_encodings(self) -> int:
        """Encodings of ``fit`` at most."""
        return self._total("fit", "most_encodings")

    @property
    def explain_encodings(self) -> int:
        """Encodings of ``explain(X)`` at most."""
        return self._total("explain", "most_encodings")

    @property
    def expected_fit_encodings(self) -> int:
        """Encodings of ``fit`` to be expected; those that it took, after it."""
        return self._total("fit", "expected_encodings")

    @property
    def expected_explain_encodings(self) -> int:
        """Encodings of ``explain(X)`` to be expected."""
        return self._total("explain", "expected_encodings")

    def __repr__(self) -> str:
        lines = []
        for heading, numbers in self._tables():
            lines.append(f"{heading:<26} {'expected':>12} {'at most':>12}")
            lines += [f"  {name:<24} {a:>12,} {b:>12,}" for name, a, b in numbers]
        time = "" if np.isnan(self.seconds) else f", about {self.seconds:.2g} s"
        calls = (
            f"  explain: at most {count(self.calls, 'call')} and "
            f"{self.peak_bytes / 1e6:,.0f} MB{time}"
        )
        errors = (
            f"  standard errors: UC and MI {self.expected_uc_se:.2g}, coefficients "
            f"{self.expected_coef_se:.2g} (in standard deviations of the output)"
        )
        return "\n".join([*lines, calls, errors])

    def _repr_html_(self) -> str:
        about = " ".join(repr(self).splitlines()[-2:])
        columns = ["phase", "expected", "at most"]
        sections = [
            Section(
                heading,
                about if not i else "",
                columns,
                [[name, f"{a:,}", f"{b:,}"] for name, a, b in numbers],
            )
            for i, (heading, numbers) in enumerate(self._tables())
        ]
        return tables("Cost", sections)

    def _tables(self):
        """Headings, and lines of names with what is expected and the most."""
        yield "Rows passed to the model", list(self._lines("rows"))
        if any(phase.most_encodings for phase in self.phases):
            yield "Encodings", list(self._lines("encodings"))

    def _lines(self, what):
        """Name, expected and most rows of both methods and of their phases."""
        for method in ("fit", "explain"):
            totals = (
                getattr(self, f"expected_{method}_{what}"),
                getattr(self, f"{method}_{what}"),
            )
            yield method, *totals
            for phase in self.phases:
                if phase.method == method:
                    numbers = (getattr(phase, f"{k}_{what}") for k in _OF_A_PHASE)
                    yield f"  {phase.name}", *numbers

    def _total(self, method, field):
        every = [phase for phase in self.phases if phase.method == method]
        return sum(getattr(phase, field) for phase in every)

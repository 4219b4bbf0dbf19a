"""How close to the tolerance an estimated error may come."""

# Share of the tolerance that a typical error is to reach: estimates are uncertain, and
# most rows should stay below the tolerance, not half of them.
AIM = 0.85

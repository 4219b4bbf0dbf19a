"""The diagram of How skdime works: a row, reference rows, hybrid rows, their average.

Its numbers are those of the model and the rows of the page.
"""

import matplotlib.pyplot as plt

REFERENCES = [("medical", 0.8), ("surgical", 1.4), ("medical", 2.6)]
ROW = ("surgical", 4.6)
ROW_COLOUR, REFERENCE_COLOUR = "#0072B2", "#BBBBBB"
WIDTH, HEIGHT, DISTANCE = 1.35, 0.62, 0.85  # of a cell, of a row, between rows
REFERENCES_AT, HYBRIDS_AT = 3.6, 7.2
PREDICTIONS_AT = HYBRIDS_AT + 2 * WIDTH + 0.75


def days(ward, lactate):
    """The model of the page."""
    return 3 + (ward == "surgical") * (1 + lactate)


def draw_rows(ax, x, title, rows, colours):
    ax.text(x + WIDTH, 1, title, ha="center", va="bottom", weight="bold")
    for line, row in enumerate(rows):
        y = -line * DISTANCE
        for column, (value, colour) in enumerate(zip(row, colours, strict=True)):
            left = x + column * WIDTH
            cell = (left, y - HEIGHT / 2), WIDTH, HEIGHT
            ax.add_patch(plt.Rectangle(*cell, color=colour, ec="white", lw=2))
            ink = "white" if colour == ROW_COLOUR else "black"
            ax.text(left + WIDTH / 2, y, value, ha="center", va="center", color=ink)


def draw_predictions(ax, predictions):
    ax.text(PREDICTIONS_AT, 1, "prediction", ha="center", va="bottom")
    for line, prediction in enumerate(predictions):
        place = PREDICTIONS_AT, -line * DISTANCE
        ax.text(*place, f"{prediction:.1f}", ha="center", va="center")
    ax.plot([PREDICTIONS_AT - 0.45, PREDICTIONS_AT + 0.45], [-2.15, -2.15], c="black")
    mean = sum(predictions) / len(predictions)
    style = {"va": "center", "weight": "bold"}
    ax.text(PREDICTIONS_AT, -2.5, f"{mean:.1f}", ha="center", **style)
    ax.text(HYBRIDS_AT + 2 * WIDTH, -2.5, "average", ha="right", va="center")


_, ax = plt.subplots(figsize=(9.5, 3.5), layout="constrained")
ax.set(xlim=(-0.1, 11.6), ylim=(-2.9, 1.6), aspect="equal")
ax.axis("off")
draw_rows(ax, 0, "row to explain", [ROW], [ROW_COLOUR] * 2)
for column, modality in enumerate(["chart", "lab"]):
    ax.text((column + 0.5) * WIDTH, 0.45, modality, ha="center", va="bottom")
draw_rows(ax, REFERENCES_AT, "reference rows", REFERENCES, [REFERENCE_COLOUR] * 2)
hybrids = [(ROW[0], lactate) for _, lactate in REFERENCES]
draw_rows(ax, HYBRIDS_AT, "hybrid rows", hybrids, [ROW_COLOUR, REFERENCE_COLOUR])
for line in range(len(REFERENCES)):
    y = -line * DISTANCE
    ends = (HYBRIDS_AT - 0.1, y), (REFERENCES_AT + 2 * WIDTH + 0.1, y)
    ax.annotate("", *ends, arrowprops={"arrowstyle": "->", "color": "grey"})
draw_predictions(ax, [days(*hybrid) for hybrid in hybrids])

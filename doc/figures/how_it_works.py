"""The diagram of How skdime works: a row, reference rows, hybrid rows, their average.

The numbers are real: they are those of the model that the page defines.
"""

import matplotlib.pyplot as plt

REFERENCES = [("medical", "0.8"), ("surgical", "1.4"), ("medical", "2.6")]
ROW = ("surgical", "4.6")
ROW_COLOUR, REFERENCE_COLOUR = "#0072B2", "#BBBBBB"
CELL, HEIGHT = 1.35, 0.62


def days(ward, lactate):
    """The model of the page."""
    return 3 + (ward == "surgical") * (1 + float(lactate))


def draw_row(ax, x, y, cells, colours):
    for position, (text, colour) in enumerate(zip(cells, colours, strict=True)):
        corner = x + position * CELL, y - HEIGHT / 2
        ax.add_patch(plt.Rectangle(corner, CELL, HEIGHT, color=colour, ec="white", lw=2))
        ink = "white" if colour == ROW_COLOUR else "black"
        middle = corner[0] + CELL / 2
        ax.text(middle, y, text, ha="center", va="center", color=ink)


def draw_rows(ax, x, title, rows, colours, output=True):
    ax.text(x + CELL, 1.0, title, ha="center", va="bottom", weight="bold")
    for position, row in enumerate(rows):
        draw_row(ax, x, -position * 0.85, row, colours)
        if output:
            height = -position * 0.85
            text = f"{days(*row):.1f}"
            ax.text(x + 2 * CELL + 0.75, height, text, ha="center", va="center")


def main():
    fig, ax = plt.subplots(figsize=(9.5, 3.5), layout="constrained")
    ax.set(xlim=(-0.1, 12.4), ylim=(-2.9, 1.6), aspect="equal")
    ax.axis("off")

    both = [ROW_COLOUR, ROW_COLOUR]
    references = [REFERENCE_COLOUR, REFERENCE_COLOUR]
    draw_rows(ax, 0, "row to explain", [ROW], both, output=False)
    ax.text(CELL / 2, 0.5, "chart", ha="center", va="bottom")
    ax.text(CELL * 1.5, 0.5, "lab", ha="center", va="bottom")

    draw_rows(ax, 3.6, "reference rows", REFERENCES, references, output=False)
    hybrids = [(ROW[0], lactate) for _, lactate in REFERENCES]
    draw_rows(ax, 7.2, "hybrid rows", hybrids, [ROW_COLOUR, REFERENCE_COLOUR])
    for position in range(len(REFERENCES)):
        y = -position * 0.85
        arrow = {"arrowstyle": "->", "color": "grey"}
        ax.annotate("", (7.1, y), (3.6 + 2 * CELL + 0.1, y), arrowprops=arrow)

    mean = sum(days(*hybrid) for hybrid in hybrids) / len(hybrids)
    ax.text(7.2 + 2 * CELL + 0.75, 1.0, "prediction", ha="center", va="bottom")
    ax.plot([7.2 + 2 * CELL + 0.3, 7.2 + 2 * CELL + 1.2], [-2.15, -2.15], color="black")
    ax.text(
        7.2 + 2 * CELL + 0.75, -2.5, f"{mean:.1f}", ha="center", va="center", weight="bold"
    )
    ax.text(7.2 + 2 * CELL, -2.5, "average", ha="right", va="center")
    plt.show()


main()

"""What a waterfall holds: steps from the average to the output, and their features."""

import numpy as np
from sklearn.utils import Bunch

from skdime._results.fields import PARTS
from skdime._results.rest import effects_of
from skdime.displays._choice import largest_features
from skdime.displays._words import TIMES, literal, short_value, shorten_all

REST = "rest"
# Share of the width of all steps below which a bar can hardly be told from a line, and
# share of that below which a rest has no bar.
_SMALL, _INVISIBLE = 0.04, 0.01


def steps_of(decomposition, c, max_display):
    """Baseline, the largest main effects, the sum of the others, MI and output."""
    names = decomposition.modality_names.tolist()
    main, main_se = decomposition.main[0, :, c], decomposition.main_se[0, :, c]
    first, first_se = (
        decomposition.baseline_of(c, 0),
        decomposition.baseline_se_of(c, 0),
    )
    mi, mi_se = decomposition.mi[0, c], decomposition.mi_se[0, c]
    steps = Bunch(
        names=["baseline", *names, "mi", "output"],
        effects=np.array([first, *main, mi, decomposition.output[0, c]]),
        se=np.array([first_se, *main_se, mi_se, 0.0]),
    )
    return fewer_steps(steps, len(names), max_display)


def fewer_steps(steps, n_modalities, n_most):
    """The largest main effects only, and the sum of the others of `n_modalities`."""
    effects, errors = np.asarray(steps.effects), np.asarray(steps.se)
    n_named = len(effects) - 3
    n_named -= n_named < n_modalities  # the last one is a sum already
    # one modality alone is not summed up: it has a name
    if n_most >= n_named or n_modalities <= n_most + 1:
        return steps
    main = np.arange(1, n_named + 1)
    largest = np.sort(main[np.argsort(-np.abs(effects[main]), kind="stable")[:n_most]])
    others = np.setdiff1d(np.arange(1, len(effects) - 2), largest)
    start, end = [0, *largest], [-2, -1]
    names = [steps.names[i] for i in start]
    return Bunch(
        names=[*names, f"{n_modalities - n_most} others, each", *steps.names[-2:]],
        effects=np.r_[effects[start], effects[others].sum(), effects[end]],
        se=np.r_[errors[start], np.nan, errors[end]],
    )


def blocks_of(row_explanation, c, order, max_display):
    """The features that main effects and MI are opened into, by modality.

    Parameters
    ----------
    row_explanation : Explanation
        Of one row.
    c : int
        Position of the output.
    order, max_display
        As in ``WaterfallDisplay.from_explanation``.

    Returns
    -------
    blocks : list of Bunch
        ``part``, ``modality``, ``features`` (``modality``, ``name``, ``value``,
        ``coef``, ``se``),
        ``n_others`` and ``others``, number and sum of the features left out, and
        ``rest``: with all of them the features add up to the modality's step, or to MI.
        Where MI is divided among all features, it has one block without a modality.
    """
    blocks = []
    for part in PARTS:
        chosen = _chosen(row_explanation, part, c, order, max_display)
        if part == "mi" and row_explanation.attribution == "shapley":
            every = np.ones(len(row_explanation.feature_names), dtype=bool)
            modalities = range(len(row_explanation.modality_names))
            block = _block(row_explanation, part, modalities, c, every, chosen)
            blocks += [block] if len(chosen) else []
            continue
        for m, modality in enumerate(row_explanation.modality_names.tolist()):
            own = row_explanation.feature_modalities == modality
            mine = chosen[own[chosen]]
            if len(mine):
                blocks.append(_block(row_explanation, part, [m], c, own, mine))
    return blocks


def _block(row_explanation, part, modalities, c, own, chosen):
    p, names = PARTS.index(part), row_explanation.modality_names[list(modalities)]
    coef = row_explanation.coef[0, p, :, c]
    others = np.setdiff1d(np.flatnonzero(own & ~np.isnan(coef)), chosen)
    return Bunch(
        part=part,
        modality=str(names[0]) if len(names) == 1 else "",
        features=[
            Bunch(
                modality=str(row_explanation.feature_modalities[f]),
                name=str(row_explanation.feature_names[f]),
                value=str(row_explanation.feature_values[0, f]),
                coef=coef[f],
                se=row_explanation.se[0, p, f, c],
            )
            for f in chosen
        ],
        n_others=len(others),
        others=coef[others].sum(),
        rest=row_explanation.rest[0, p, list(modalities), c].sum(),
    )


def _chosen(row_explanation, part, c, order, max_display):
    """Positions of the features of a part, none that can hardly be seen.

    Of a modality whose step can be seen there is one, also where it is spread over so
    many that none can be.
    """
    sizes = np.abs(row_explanation.coef[0, :, :, c])
    if not isinstance(order, str):
        return largest_features(row_explanation, sizes, order, max_display)
    order = part if order == "own" else order
    positions = largest_features(row_explanation, sizes, order, max_display)
    least = small_size(steps_of(row_explanation.decomposition, c, max_display))
    p, own_sizes = PARTS.index(part), np.nan_to_num(sizes[PARTS.index(part)])
    visible = positions[own_sizes[positions] > least]
    steps = np.abs(effects_of(row_explanation)[0, p, :, c])
    owners, names = row_explanation.feature_modalities, row_explanation.modality_names
    unseen = [
        np.flatnonzero(owners == name)
        for name, step in zip(names, steps, strict=True)
        if step > least and name not in owners[visible]
    ]
    largest = [own[own_sizes[own].argmax()] for own in unseen if own_sizes[own].any()]
    room = max_display - len(visible)
    return np.append(visible, np.array(largest[:room], dtype=int))


def small_size(steps):
    """The size of effects that can hardly be told from a line."""
    return _SMALL * np.ptp(_ends(steps))


def _ends(steps):
    effects = np.asarray(steps.effects, dtype=float)
    return np.append(np.cumsum(effects[:-1]), effects[-1])


def block_of_pairs(pairs, c, mi, max_display):
    """The pairs of features that MI is opened into.

    Parameters
    ----------
    pairs : PairExplanation
        Of one row.
    c : int
        Position of the output.
    mi : float
        What the block adds up to.
    max_display : int
        Most pairs.

    Returns
    -------
    block : Bunch
        As of :func:`blocks_of`, without a modality.
    """
    output = pairs.output_names[c]
    top = pairs.top(max_display, row=pairs.row_names[0], output=output)
    chosen = [
        Bunch(
            modality="",
            name=f"{e.first} {TIMES} {e.second}",
            value="",
            coef=e.coef,
            se=e.se,
        )
        for e in top
        if e.coef
    ]
    coef = pairs.coef[0, :, :, c]
    total = np.nansum(coef)
    return Bunch(
        part="mi",
        modality="",
        features=chosen,
        n_others=int((~np.isnan(coef)).sum()) - len(chosen),
        others=total - sum(pair.coef for pair in chosen),
        rest=mi - total,
    )


def with_fewer(blocks, n_most):
    """Blocks with the `n_most` strongest features of each part.

    Parameters
    ----------
    blocks : list of Bunch
        As of :func:`blocks_of`.
    n_most : int

    Returns
    -------
    fewer : list of Bunch
        Without those that have no features left.
    """
    fewer = []
    for part in PARTS:
        sizes = [abs(f.coef) for b in blocks if b.part == part for f in b.features]
        least = sorted(sizes, reverse=True)[n_most - 1] if len(sizes) > n_most else 0
        room = n_most
        for block in (block for block in blocks if block.part == part):
            features = [f for f in block.features if abs(f.coef) >= least][:room]
            features = block.features[: len(features)]
            room -= len(features)
            dropped = block.features[len(features) :]
            others = block.others + sum(f.coef for f in dropped)
            n_others = block.n_others + len(dropped)
            block = Bunch(
                **block | dict(features=features, others=others, n_others=n_others)
            )
            fewer += [block] if features else []
    return fewer


def entries_of(block, small):
    """What is drawn of a block: features, those left out, and the rest.

    Parameters
    ----------
    block : Bunch
        As of :func:`blocks_of`.
    small : float
        What is smaller has no bar of its own.

    Returns
    -------
    entries : list of Bunch
        ``kind``, ``name``, ``value``, ``effect``, ``se``, and ``modality`` of a
        feature; none where the only entry would repeat the step.
    """
    entries = [
        Bunch(
            kind="feature",
            modality=f.modality,
            name=f.name,
            value=f.value,
            effect=f.coef,
            se=f.se,
        )
        for f in block.features
    ]
    more = f"{block.n_others:,} more"
    others, total = block.others, block.others + block.rest
    if block.n_others and min(abs(others), abs(block.rest)) <= small:
        kind, name = ("rest", f"{more}, {REST}")
        if abs(block.rest) <= small * _INVISIBLE:
            kind, name = "others", more
        entries.append(_tail(kind, name, total))
        return entries
    if block.n_others:
        entries.append(_tail("others", more, others))
    if abs(block.rest) > small * _INVISIBLE:
        entries.append(_tail("rest", REST, block.rest))
    return entries if len(entries) > 1 or _says_more(entries, block) else []


def _says_more(entries, block):
    """Whether the only entry is a feature of MI, which has no step by modality."""
    of_mi = block.part == "mi"
    return of_mi and any(
        entry.kind == "feature" and entry.name != block.modality for entry in entries
    )


def _tail(kind, name, effect):
    return Bunch(kind=kind, name=name, value="", effect=effect, se=np.nan)


def column_of(steps, blocks):
    """All bars from top to bottom, each from where the last one ended.

    Parameters
    ----------
    steps : Bunch
        As of :func:`steps_of`.
    blocks : list of Bunch
        As of :func:`blocks_of`.

    Returns
    -------
    bars : list of Bunch
        ``level`` (0 for average and output, 1 for steps, 2 for what they are opened
        into), ``kind``, ``part``, ``modality``, ``name``, ``value``, ``start``,
        ``effect`` and ``se``.
    """
    effects, ends, small = steps.effects, _ends(steps), small_size(steps)
    bars = [_bar(0, "baseline", steps.names[0], 0.0, effects[0], steps.se[0])]
    for i in range(1, len(effects) - 1):
        name = steps.names[i]
        part = "mi" if i == len(effects) - 2 else "uc"
        start = ends[i - 1]
        modality = name if part == "uc" else ""
        ends_of_step = dict(part=part, modality=modality)
        bars.append(
            _bar(1, "step", name, start, effects[i], steps.se[i], **ends_of_step)
        )
        for block in blocks:
            if block.part == part and (part == "mi" or block.modality == name):
                bars += _opened(block, start, small)
    bars.append(_bar(0, "output", steps.names[-1], 0.0, effects[-1], steps.se[-1]))
    return bars


def _opened(block, start, small):
    for entry in entries_of(block, small):
        modality = entry.get("modality", block.modality)
        place = dict(part=block.part, modality=modality, value=entry.value)
        yield _bar(2, entry.kind, entry.name, start, entry.effect, entry.se, **place)
        start += entry.effect


def _bar(level, kind, name, start, effect, se, part="", modality="", value=""):
    return Bunch(
        level=level,
        kind=kind,
        part=part,
        modality=modality,
        name=name,
        value=value,
        start=start,
        effect=effect,
        se=se,
    )


def labels_of(bars, baseline_name, length):
    """What the bars are called, in about `length` letters.

    Parameters
    ----------
    bars : list of Bunch
        As of :func:`column_of`.
    baseline_name : str
    length : int

    Returns
    -------
    labels : list of str
    """
    inner = [bar for bar in bars if bar.level == 2]
    steps = [bar for bar in bars if bar.level == 1 and bar.part == "uc"]
    after = " on its own"
    names = shorten_all([step.name for step in steps], length - len(after))
    of_steps, of_inner = iter(names), iter(_inner_labels(inner, length))
    fixed = {"baseline": baseline_name, "output": "this row's output"}
    labels = []
    for bar in bars:
        if bar.level == 2:
            labels.append(next(of_inner))
        elif bar.level == 0:
            labels.append(fixed[bar.kind])
        else:
            is_mi = bar.part == "mi"
            labels.append("only together (MI)" if is_mi else next(of_steps) + after)
    return labels


def _inner_labels(bars, length):
    """Names with what the row holds; in MI with the modality, whose step is above."""
    labels = []
    for part in PARTS:
        own = [bar for bar in bars if bar.part == part]
        owners = [bar.modality if part == "mi" else "" for bar in own]
        owners = shorten_all(owners, length // 3)
        heads = [f"{name}: " if name else "" for name in owners]
        room = [length - len(h) - len(b.name) for h, b in zip(heads, own, strict=True)]
        ends = [
            _value_text(b, max(length // 4, n)) for b, n in zip(own, room, strict=True)
        ]
        # short names leave room for long values, and have no need of more
        needs = zip(heads, ends, room, strict=True)
        taken = [len(head) + len(end) for head, end, n in needs if len(end) > n]
        left = max(8, length - max(taken, default=0))
        features = [bar.name for bar in own if bar.kind == "feature"]
        names = iter(shorten_all(features, left))
        names = [next(names) if b.kind == "feature" else b.name for b in own]
        each = zip(heads, names, ends, strict=True)
        labels += [f"{head}{name}{end}" for head, name, end in each]
    return labels


def _value_text(bar, length):
    """What the row holds, after a sign, in about `length` letters."""
    if bar.value in ("", bar.name):
        return ""
    return f" = {literal(short_value(bar.value, max(10, length - len(' = '))))}"

"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const PARTS = ["On their own (UC)", "Only together (MI)"];
  const FEW = 15;
  const STRONGEST = 0.75;
  const at = (id) => document.getElementById(id);
  const state = { row: 0, output: data.start, all: false, allMeans: false };

  // --- elements: text is only ever set as text -----------------------------------

  function h(tag, attributes, ...children) {
    return fill(document.createElement(tag), attributes, children);
  }
  function svg(tag, attributes, ...children) {
    return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
  }
  function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name === "style") Object.assign(element.style, value);
      else if (value !== null) element.setAttribute(name, value);
    }
    element.append(...children.flat().filter((child) => child !== null));
    return element;
  }

  // --- numbers -------------------------------------------------------------------

  // As many decimals for all numbers of a list as the largest of `sizes` needs for four
  // digits; `totals` are what these are steps between.
  function writer(sizes, totals) {
    const largest = (values) => Math.max(...values.filter(Number.isFinite).map(Math.abs), 0);
    const whole = largest([...sizes, ...(totals || [])]);
    const scale = largest(sizes) || whole;
    const fine = whole > 100 * scale;
    const plain = whole === 0 || (whole >= 1e-4 && whole < (fine ? 1e10 : 1e6));
    const decimals = scale === 0 ? 0 : Math.min(12, Math.max(0, 3 - Math.floor(Math.log10(scale))));
    const digits = fine ? Math.min(12, 2 + Math.ceil(Math.log10(whole / scale))) : 2;
    return (value, signed) => {
      if (value === null) return "–";
      const size = Math.abs(value);
      let text = plain ? size.toFixed(decimals) : size < 1e-6 * scale ? "0" : exponential(size, digits);
      const zero = Number(text) === 0;
      if (value < 0 && !zero) text = "−" + text;
      else if (signed && !zero) text = "+" + text;
      return text;
    };
  }
  function exponential(size, digits) {
    return size.toExponential(digits).replace("e+", "e").replace("e-", "e−");
  }
  function numberOf(write, value, error, signed) {
    const off = error === null || error === undefined;
    return h("span", { class: "sd-number" }, write(value, signed),
      off ? null : [" ", h("span", { class: "sd-error" }, "± " + write(error, false))]);
  }
  const valueOr0 = (value) => (value === null ? 0 : value);
  const modality = (m) => data.modalities[m];
  // What would turn the letters that follow round is shown as a replaced letter.
  const straight = (text) => text.replace(/[\u202d\u202e]/g, "\ufffd");
  // The end of a long name stays: it often tells it from others.
  function brief(text) {
    const letters = [...straight(text)];
    return letters.length > 60 ? letters.slice(0, 38).join("") + "…" + letters.slice(-20).join("") : text;
  }

  // --- bars ----------------------------------------------------------------------

  function domain(points) {
    const known = points.filter(Number.isFinite);
    const low = Math.min(...known);
    const high = Math.max(...known);
    const pad = 0.03 * (high - low) || 1;
    return { low: low - pad, high: high + pad };
  }
  function track(range, from, to, error, kind) {
    const place = (value) => (100 * (value - range.low)) / (range.high - range.low);
    const span = (name, a, b) => {
      const [left, right] = [Math.min(a, b), Math.max(a, b)].map(place);
      return h("i", { class: name, style: { left: left + "%", width: right - left + "%" } });
    };
    const bar = h("span", { class: "sd-track", "aria-hidden": "true" });
    if (kind === "mark") bar.append(h("i", { class: "sd-mark", style: { left: place(to) + "%" } }));
    else bar.append(span("sd-bar " + kind, from, to));
    if (range.low < 0 && range.high > 0) {
      bar.append(h("i", { class: "sd-origin", style: { left: place(0) + "%" } }));
    }
    if (error > 0) bar.append(span("sd-whisker", to - 2 * error, to + 2 * error));
    return bar;
  }
  // Round numbers along a list of bars, at most five.
  function scale(range) {
    const width = range.high - range.low;
    const power = 10 ** Math.floor(Math.log10(width / 4));
    const step = power * [1, 2, 5, 10].find((k) => width / (power * k) <= 4);
    const whole = Math.max(Math.abs(range.low), Math.abs(range.high));
    const plain = step >= 1e-4 && whole < (whole > 100 * step ? 1e10 : 1e5);
    const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    const digits = Math.max(0, Math.ceil(Math.log10(whole / step)) - 1);
    const ticks = h("span", { class: "sd-ticks" });
    for (let i = Math.ceil(range.low / step); i * step <= range.high; i++) {
      const size = Math.abs(i * step);
      const text = (i < 0 ? "−" : "") + (i === 0 ? "0" : plain ? size.toFixed(decimals) : exponential(size, digits));
      const place = (100 * (i * step - range.low)) / width;
      const edge = place < 8 ? "sd-first" : place > 92 ? "sd-last" : null;
      ticks.append(h("span", { class: edge, style: { left: place + "%" } }, text));
    }
    return ticks;
  }
  const colour = (m) => "sd-m" + (m % 6);

  // --- the decomposition of a row ----------------------------------------------------

  function drawSteps(row, c) {
    const steps = [{ name: "baseline", value: data.baseline[c], error: data.baseline_se[c], to: data.baseline[c], kind: "mark" }];
    let sum = data.baseline[c];
    data.modalities.forEach((name, m) => {
      const value = row.main[m][c];
      steps.push({ name, value, error: row.main_se[m][c], from: sum, to: sum + value, kind: colour(m), signed: true });
      sum += value;
    });
    steps.push({ name: "UC: each on its own", value: row.uc[c], error: row.uc_se[c], to: row.uc[c], kind: "mark" });
    steps.push({ name: "MI: only together", value: row.mi[c], error: row.mi_se[c], from: row.uc[c], to: row.output[c], kind: "sd-mi", signed: true });
    steps.push({ name: "output", value: row.output[c], to: row.output[c], kind: "mark" });
    const write = writer(steps.filter((step) => step.signed).map((step) => step.value), steps.map((step) => step.value));
    const range = domain(steps.flatMap((step) => [step.to - 2 * (step.error || 0), step.to + 2 * (step.error || 0)]));
    at("steps").replaceChildren(...steps.map((step) => stepOf(step, range, write)));
    at("steps-scale").replaceChildren(h("span"), scale(range));
    at("sum").replaceChildren(
      "Row ", h("strong", {}, row.name), ": ", outputName(c), " ", h("strong", {}, write(row.output[c])),
      " = UC ", write(row.uc[c]), " + MI ", write(row.mi[c]),
      " (each ± ", write(row.uc_se[c]), ")");
  }
  function stepOf(step, range, write) {
    const name = h("span", { class: "sd-name", title: step.name }, step.kind === "mark" ? null : h("i", { class: "sd-swatch " + step.kind }), brief(step.name));
    return h("li", { class: "sd-step" + (step.kind === "mark" ? " sd-total" : "") }, name,
      track(range, step.from, step.to, step.error, step.kind), numberOf(write, step.value, step.error, step.signed));
  }
  function outputName(c) {
    return data.outputs.length > 1 || data.outputs[c] !== "output" ? data.unit + " of " + data.outputs[c] : data.unit;
  }

  // --- lists of features, of one row and of all ------------------------------------------

  // entries: [{ f, coef: [uc, mi], se: [uc, mi] or undefined, note }]
  function drawFeatures(ids, entries, signed, all) {
    const order = at("order").value;
    const size = (e) => ({ uc: [0], mi: [1], both: [0, 1], given: [] })[order].reduce((sum, p) => sum + Math.abs(valueOr0(e.coef[p])), 0);
    const sorted = order === "given" ? entries : entries.map((e) => e).sort((a, b) => size(b) - size(a));
    const shown = all ? sorted : sorted.slice(0, FEW);
    const reach = (e, p, sign) => valueOr0(e.coef[p]) + (e.se ? 2 * sign * valueOr0(e.se[p]) : 0);
    const range = domain([0, ...shown.flatMap((e) => [0, 1].flatMap((p) => [reach(e, p, -1), reach(e, p, 1)]))]);
    const write = writer(shown.flatMap((e) => e.coef));
    at(ids.list).replaceChildren(...shown.map((e) => featureOf(e, range, write, signed)));
    at(ids.scale).replaceChildren(h("span"), scale(range), scale(range));
    const more = at(ids.more);
    more.hidden = entries.length <= FEW;
    more.textContent = all ? "Show the strongest " + FEW + " only" : "Show all " + entries.length + " features";
    more.setAttribute("aria-expanded", String(all));
  }
  function featureOf(e, range, write, signed) {
    const [m, full] = data.features[e.f];
    const name = h("span", { class: "sd-name", title: full }, h("i", { class: "sd-swatch " + colour(m) }), brief(modality(m)) + ": " + brief(full),
      e.note ? h("span", { class: "sd-value" }, e.note) : null);
    const parts = ["UC", "MI"].map((tag, p) => h("span", { class: "sd-part" }, h("span", { class: "sd-tag" }, tag),
      track(range, 0, valueOr0(e.coef[p]), e.se ? e.se[p] : 0, colour(m)),
      numberOf(write, e.coef[p], e.se && e.se[p], signed)));
    return h("li", { class: "sd-feature", "data-f": signed ? e.f : null }, name, parts);
  }
  function entriesOf(row, c) {
    return row.features.map((f, i) => ({
      f,
      coef: [0, 1].map((p) => row.coef[p][i][c]),
      se: [0, 1].map((p) => row.se[p][i][c]),
      note: row.values[i] === "" ? "" : " = " + brief(row.values[i]),
    }));
  }

  // --- series, texts and images ------------------------------------------------------------

  function drawInputs(row, c) {
    const coefOf = new Map(row.features.map((f, i) => [f, [0, 1].map((p) => valueOr0(row.coef[p][i][c]))]));
    const seOf = new Map(row.features.map((f, i) => [f, [0, 1].map((p) => row.se[p][i][c])]));
    at("inputs").replaceChildren(...row.inputs.map((input, i) => inputOf(input, row.input_of[i], coefOf, seOf)));
    document.querySelectorAll(".sd-text").forEach((text, i) => text.setAttribute("aria-label", "text, " + PARTS[i % 2]));
  }
  function inputOf(input, m, coefOf, seOf) {
    const sizes = [...coefOf].filter(([f]) => data.features[f][0] === m).flatMap(([, coef]) => coef.map(Math.abs));
    const limit = Math.max(...sizes, 0) || 1;
    const draw = { text: drawText, series: drawSeries, image: drawImage }[input.kind];
    const share = (f, p) => (coefOf.has(f) ? coefOf.get(f)[p] / limit : 0);
    const figures = PARTS.map((title, p) => h("figure", {}, h("figcaption", {}, title), draw(input, (f) => share(f, p), m, p)));
    if (input.kind === "image") figures.unshift(original(input, m));
    const write = writer(sizes);
    const readout = h("p", { class: "sd-readout", "aria-live": "off" });
    const hint = "Point at a part, or tap it, to see its numbers; the list of features has them all.";
    readout.textContent = hint;
    const section = h("section", { "aria-label": modality(m) },
      h("h2", {}, h("i", { class: "sd-swatch " + colour(m) }), modality(m)),
      h("div", { class: input.kind === "image" ? "sd-pair sd-three" : "sd-pair" }, figures),
      h("p", { class: "sd-legend" }, h("span", {}, write(-limit, true)), h("i", { "aria-hidden": "true" }), h("span", {}, write(limit, true))),
      input.kind === "text" ? h("p", { class: "sd-note" }, "Solid line: above zero, dashed: below, none: less than a twentieth of the largest.") : null,
      readout);
    const tell = (f) => {
      if (f < 0 || !coefOf.has(f)) return;
      const [coef, se] = [coefOf.get(f), seOf.get(f)];
      readout.textContent = straight(data.features[f][1]) + ": " + ["UC ", "MI "].map((tag, p) => tag + write(coef[p], true) + " ± " + write(se[p], false)).join(", ");
      highlight(f);
    };
    section.addEventListener("pointerover", (event) => tell(pointedAt(event, input)));
    section.addEventListener("pointermove", (event) => { if (event.target.tagName === "CANVAS") tell(pointedAt(event, input)); });
    section.addEventListener("click", (event) => tell(pointedAt(event, input)));
    return section;
  }
  function pointedAt(event, input) {
    const part = event.target.closest("[data-f]");
    if (part) return Number(part.getAttribute("data-f"));
    if (event.target.tagName !== "CANVAS") return -1;
    const [height, width] = input.shape;
    const box = event.target.getBoundingClientRect();
    const x = Math.min(width - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * width)));
    const y = Math.min(height - 1, Math.max(0, Math.floor(((event.clientY - box.top) / box.height) * height)));
    return labelsOf(input)[y * width + x];
  }
  function highlight(f) {
    document.querySelectorAll(".sd-on").forEach((part) => part.classList.remove("sd-on"));
    document.querySelectorAll('[data-f="' + f + '"]').forEach((part) => part.classList.add("sd-on"));
  }
  function tint(share) {
    return (share < 0 ? "rgba(0, 114, 178, " : "rgba(213, 94, 0, ") + (STRONGEST * Math.abs(share)).toFixed(3) + ")";
  }

  function drawText(input, share) {
    return h("p", { class: "sd-text", dir: "auto" }, input.pieces.map(([piece, f]) => {
      if (f < 0) return straight(piece);
      const s = share(f);
      const sign = Math.abs(s) < 0.05 ? "" : s < 0 ? " sd-down" : " sd-up";
      return h("span", { class: "sd-token" + sign, "data-f": f, style: { backgroundColor: tint(0.8 * s) } }, straight(piece));
    }));
  }

  // The curve on shaded segments; below it each segment's coefficient as a bar.
  function drawSeries(input, share, m, p) {
    const [top, middle, reach] = [100, 125, 20];
    return h("div", {}, input.channels.map((channel) => {
      const known = channel.y.filter((y) => y !== null);
      const [low, high] = [Math.min(...known), Math.max(...known)];
      const write = writer([low, high]);
      const height = (y) => (high > low ? top - 6 - ((top - 12) * (y - low)) / (high - low) : top / 2);
      const about = modality(m) + ", " + channel.name + ", " + PARTS[p];
      const drawing = svg("svg", { class: "sd-series", viewBox: "-0.5 0 " + channel.length + " 146", preserveAspectRatio: "none", role: "img", "aria-label": about });
      for (const [start, stop, f] of channel.runs) {
        if (f < 0) continue;
        const [s, x, width] = [share(f), start - 0.5, stop - start];
        const bar = reach * Math.abs(s);
        drawing.append(svg("rect", { x, y: 0, width, height: top, fill: tint(s), "data-f": f }));
        drawing.append(svg("rect", { x, y: s < 0 ? middle : middle - bar, width, height: bar, class: s < 0 ? "sd-down" : "sd-up" }));
        drawing.append(svg("line", { class: "sd-edge", x1: x, x2: x, y1: 0, y2: 146 }));
      }
      drawing.append(svg("line", { class: "sd-edge", x1: -0.5, x2: channel.length - 0.5, y1: middle, y2: middle }));
      curves(channel).forEach((points) => drawing.append(svg("polyline", { points: points.map(([x, y]) => x + "," + height(y).toFixed(2)).join(" ") })));
      const range = known.length ? write(low) + " to " + write(high) : "no values";
      return h("div", {}, h("p", { class: "sd-channel" }, h("span", {}, channel.name), h("span", {}, range + ", " + channel.length + " time points")), drawing);
    }));
  }
  // Stretches of known values; a single one is drawn as a short line.
  function curves(channel) {
    const found = [[]];
    channel.y.forEach((y, i) => {
      if (y === null) found.push([]);
      else found[found.length - 1].push([channel.x[i], y]);
    });
    return found.filter((points) => points.length).map((points) => (points.length > 1 ? points : [[points[0][0] - 0.3, points[0][1]], [points[0][0] + 0.3, points[0][1]]]));
  }

  function labelsOf(input) {
    input.labels = input.labels || input.runs.flatMap(([n, f]) => new Array(n).fill(f));
    return input.labels;
  }
  const grain = (input) => (Math.max(...input.shape) <= 100 ? " sd-grain" : "");
  function original(input, m) {
    const size = input.size[1] + " × " + input.size[0] + " pixels";
    const reduced = input.size[0] !== input.shape[0] || input.size[1] !== input.shape[1];
    return h("figure", {}, h("figcaption", {}, "As it is"),
      h("div", { class: "sd-image" + grain(input) }, h("img", { src: input.uri, alt: modality(m) + ", " + size })),
      reduced ? h("p", { class: "sd-note" }, size + ", drawn with " + input.shape[1] + " × " + input.shape[0]) : null);
  }
  function drawImage(input, share, m, p) {
    const [height, width] = input.shape;
    const labels = labelsOf(input);
    const k = Math.max(1, Math.ceil(640 / Math.max(height, width)));
    const canvas = h("canvas", { width: width * k, height: height * k, role: "img", "aria-label": modality(m) + ", " + PARTS[p] });
    const pen = canvas.getContext("2d");
    let start = 0;
    for (const [n, f] of input.runs) {
      pen.fillStyle = tint(f < 0 ? 0 : share(f));
      for (let i = start; i < start + n; ) {
        const stop = Math.min(start + n, i - (i % width) + width);
        pen.fillRect((i % width) * k, Math.floor(i / width) * k, (stop - i) * k, k);
        i = stop;
      }
      start += n;
    }
    pen.fillStyle = "rgba(110, 110, 110, 0.8)";
    labels.forEach((f, i) => {
      const [x, y] = [i % width, Math.floor(i / width)];
      if (x && labels[i - 1] !== f) pen.fillRect(x * k, y * k, 1, k);
      if (y && labels[i - width] !== f) pen.fillRect(x * k, y * k, k, 1);
    });
    return h("div", { class: "sd-image sd-faded" + grain(input) }, h("img", { src: input.uri, alt: "" }), canvas);
  }

  // --- how well the lines follow ------------------------------------------------------------

  function drawFits(row, c) {
    const r2 = (value) => (value === null ? "does not vary" : value.toFixed(2));
    const fits = data.modalities.map((name, m) => [name, r2(row.r2[0][m][c]), r2(row.r2[1][m][c]), String(Math.round(row.samples[m]))]);
    table("fits", "Fit of the lines of this row", ["Modality", "R² of UC", "R² of MI", "Effective samples"], fits);
    const values = data.modalities.flatMap((name, m) => ["UC", "MI"].map((part, p) => {
      const [intercept, line] = [row.intercept[p][m][c], row.line[p][m][c]];
      const features = intercept === null || line === null ? null : line - intercept;
      return { name: name + ", " + part, intercept, features, line, value: (p ? row.mi : row.uc)[c] };
    }));
    const write = writer([row.mi[c], ...values.map((v) => v.features)], values.flatMap((v) => [v.intercept, v.line, v.value]));
    const lines = values.map((v) => [v.name, write(v.intercept), write(v.features, true), write(v.line), write(v.value)]);
    table("lines", "Values of the lines for this row", ["Modality, part", "Intercept", "Features", "Line", "Value"], lines);
  }
  function table(id, title, heads, rows) {
    const element = at(id);
    element.setAttribute("aria-label", title);
    element.replaceChildren(
      h("thead", {}, h("tr", {}, heads.map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, rows.map(([name, ...cells]) => h("tr", {}, h("th", { scope: "row" }, name), cells.map((text) => h("td", {}, text))))));
  }

  // --- all rows --------------------------------------------------------------------------------

  function drawAll(c) {
    const all = data.all;
    at("all-note").textContent = "Means of absolute values over " + count(data.n_rows, "row") + ", " + outputName(c) +
      ". Features that not all rows have: over the rows that have them.";
    const sizes = [...data.modalities.map((name, m) => ({ name, value: all.main[m][c], to: all.main[m][c], from: 0, kind: colour(m) })),
      { name: "MI", value: all.mi[c], to: all.mi[c], from: 0, kind: "sd-mi" }];
    const write = writer(sizes.map((step) => step.value));
    const range = domain([0, ...sizes.map((step) => step.value)]);
    range.low = 0;
    at("sizes").replaceChildren(...sizes.map((step) => stepOf(step, range, write)));
    at("sizes-scale").replaceChildren(h("span"), scale(range));
    const entries = data.features.map((_, f) => f).filter((f) => all.known[f]).map((f) => ({
      f,
      coef: [0, 1].map((p) => all.coef[p][f][c]),
      note: all.known[f] < data.n_rows ? " (" + all.known[f] + " of " + data.n_rows + " rows)" : "",
    }));
    drawFeatures({ list: "means", scale: "means-scale", more: "more-means" }, entries, false, state.allMeans);
  }

  // --- what is chosen -----------------------------------------------------------------------------

  // What only fits one of two widths: texts that scroll, marks that would overlap.
  function adapt() {
    document.querySelectorAll(".sd-text").forEach((text) => {
      if (text.scrollHeight > text.clientHeight) fill(text, { tabindex: 0, role: "region" }, []);
      else ["tabindex", "role"].forEach((name) => text.removeAttribute(name));
    });
    document.querySelectorAll(".sd-ticks").forEach((ticks) => {
      let end = -Infinity;
      [...ticks.children].forEach((tick) => {
        const box = tick.getBoundingClientRect();
        tick.style.visibility = box.left < end ? "hidden" : "visible";
        if (box.left >= end) end = box.right + 6;
      });
    });
  }

  const count = (n, word) => n.toLocaleString("en") + " " + word + (n === 1 ? "" : "s");
  function draw() {
    const row = data.rows[state.row];
    at("row").value = String(state.row);
    drawSteps(row, state.output);
    drawFeatures({ list: "features", scale: "features-scale", more: "more" }, entriesOf(row, state.output), true, state.all);
    drawInputs(row, state.output);
    drawFits(row, state.output);
    drawAll(state.output);
    at("previous").setAttribute("aria-disabled", String(state.row === 0));
    at("next").setAttribute("aria-disabled", String(state.row === data.rows.length - 1));
    adapt();
  }
  function go(step) {
    const next = Math.min(data.rows.length - 1, Math.max(0, state.row + step));
    if (next !== state.row) { state.row = next; draw(); }
  }
  function choices(id, names, key) {
    at(id).append(...names.map((name, i) => h("option", { value: i }, name)));
    at(id).value = String(state[key]);
    at(id).addEventListener("change", () => { state[key] = Number(at(id).value); draw(); });
  }
  function start() {
    const shown = data.rows.length < data.n_rows ? "The first " + data.rows.length + " of " + count(data.n_rows, "row") + " can be picked here" : count(data.n_rows, "row");
    at("about").textContent = [shown, count(data.features.length, "feature") + " of " + data.modalities.length + " modalities", count(data.outputs.length, "output"),
      "unit: " + data.unit, count(data.n_model_rows, "model row") + " used"].join(" · ");
    choices("row", data.rows.map((row) => row.name), "row");
    choices("output", data.outputs, "output");
    if (!data.rows.length) return;
    at("previous").addEventListener("click", () => go(-1));
    at("next").addEventListener("click", () => go(1));
    at("order").addEventListener("change", draw);
    at("more").addEventListener("click", () => { state.all = !state.all; draw(); });
    at("more-means").addEventListener("click", () => { state.allMeans = !state.allMeans; draw(); });
    document.addEventListener("keydown", (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("select")) return;
      if (event.key === "ArrowLeft") go(-1);
      if (event.key === "ArrowRight") go(1);
    });
    addEventListener("resize", adapt);
    draw();
  }
  start();
})();

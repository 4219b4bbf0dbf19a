"use strict";
(() => {
  const at = (id) => document.getElementById(id);
  const all = (place, selector) => [...place.querySelectorAll(selector)];
  const data = JSON.parse(at("data").textContent);
  const FEW = 15;
  const state = { row: 0, output: data.start };
  const unfolded = { features: false, means: false };

  // --- pieces: copies of the page's templates; text is only ever set as text -----------

  function piece(id, texts) {
    return withTexts(at(id).content.firstElementChild.cloneNode(true), texts);
  }
  function withTexts(element, texts) {
    all(element, "[data-text]").forEach((slot, i) => { slot.textContent = texts[i]; });
    return element;
  }
  function item(id, [text, title, kind], value, bars, origin) {
    const element = piece(id, [text, ...value, ...bars.flatMap(([number, error]) => [number, error && "± " + error])]);
    element.classList.add(kind);
    element.querySelector(".sd-name").title = title;
    all(element, ".sd-track").forEach((track, i) => {
      const [[bar, zero, whisker], [, , end, reach, start]] = [track.children, bars[i]];
      between(bar, start, end);
      between(zero, origin, origin);
      between(whisker, reach === null ? null : end - reach, end + reach);
    });
    return element;
  }
  function between(element, start, end) {
    element.hidden = start === null || end === null;
    Object.assign(element.style, { left: Math.min(start, end) + "%", width: Math.abs(end - start) + "%" });
  }

  // --- lists of bars -----------------------------------------------------------------

  function drawSteps(id, names, [bars, origin, ticks]) {
    at(id).replaceChildren(...bars.map((bar, i) => item("step", names[i], [], [bar], origin)));
    drawTicks(id, ticks);
  }
  function drawFeatures(id, { features, values }, { features: [bars, origin, ticks, rests], orders }) {
    const order = orders[at("order").value] || features.map((_, i) => i);
    const shown = unfolded[id] ? order : order.slice(0, FEW);
    at(id).replaceChildren(
      ...shown.map((i) => item("feature", data.features[features[i]], [values[i]], bars[i], origin)),
      ...rests.map((pair, m) => item("feature", data.rests[m], [""], pair, origin)));
    all(at(id), "li").slice(shown.length).forEach((element) => element.classList.add("sd-rest"));
    shown.forEach((i, k) => { at(id).children[k].dataset.f = features[i]; });
    drawTicks(id, ticks);
    const textContent = unfolded[id] ? "Show the strongest " + FEW + " only" : "Show all " + features.length + " features";
    Object.assign(at(id + "-more"), { textContent, hidden: features.length <= FEW, ariaExpanded: String(unfolded[id]) });
  }
  // All steps in one line: those up end at the output, those down start there.
  function drawStrip([pieces, mark]) {
    at("strip").replaceChildren(...pieces.map(([kind, start, end, title]) => {
      const element = Object.assign(document.createElement("i"), { title });
      element.classList.add("sd-piece", kind);
      element.classList.toggle("sd-back", end < start);
      between(element, start, end);
      return element;
    }), Object.assign(document.createElement("i"), { className: "sd-mark" }));
    between(at("strip").lastChild, mark, mark);
  }
  function drawTicks(id, ticks) {
    all(at(id + "-ticks"), ".sd-ticks").forEach((place) => place.replaceChildren(...ticks.map(([text, left]) => {
      const tick = Object.assign(document.createElement("span"), { textContent: text });
      tick.className = left < 8 ? "sd-first" : left > 92 ? "sd-last" : "";
      tick.style.left = left + "%";
      return tick;
    })));
  }
  function drawTable(id, names, rows) {
    at(id).replaceChildren(...rows.map((texts, i) => piece(id + "-line", [names[i], ...texts])));
  }

  // --- texts, series and images ------------------------------------------------------

  function drawInputs(row, view) {
    at("inputs").replaceChildren(at("drawings-" + state.row).content.cloneNode(true));
    all(at("inputs"), ".sd-input").forEach((section, i) => colour(section, row.inputs[i], view.inputs[i]));
  }
  function colour(section, features, [shares, limits, readouts]) {
    const place = new Map(features.map((f, i) => [String(f), i]));
    const [shape, picture] = [".sd-coloured", "img"].map((selector) => section.querySelector(selector));
    withTexts(section, limits);
    data.titles.forEach((title, p) => {
      const figure = shape.cloneNode(true);
      figure.querySelector("figcaption").textContent = title;
      all(figure, "[aria-label]").forEach((part) => { part.setAttribute("aria-label", part.getAttribute("aria-label") + ", " + title); });
      if (picture) figure.querySelector("img").src = picture.src;
      paint(figure, place, shares[p]);
      shape.before(figure);
    });
    shape.remove();
    const readout = section.appendChild(piece("readout", []));
    const point = (event) => {
      const f = event.target.closest("[data-f]")?.dataset.f;
      if (!place.has(f)) return;
      readout.textContent = "\u2068" + data.features[f][1] + "\u2069: " + readouts[place.get(f)];
      all(document, ".sd-on").forEach((part) => part.classList.remove("sd-on"));
      all(document, '[data-f="' + f + '"]').forEach((part) => part.classList.add("sd-on"));
    };
    ["pointerover", "click"].forEach((name) => section.addEventListener(name, point));
  }

  function paint(place, places, shares) {
    all(place, "[data-f]").forEach((part) => {
      const share = shares[places.get(part.dataset.f)] || 0;
      part.classList.toggle("sd-down", share < 0);
      part.classList.toggle("sd-up", share >= 0);
      part.style.setProperty("--share", share);
    });
  }

  // --- pairs: a word lights up a map ---------------------------------------------------

  function drawPairs(row, view) {
    at("pairs").hidden = !row.pairs;
    if (!row.pairs) return;
    const [{ words, regions, input, names }, { shares, sums, texts, limits, start }] = [row.pairs, view.pairs];
    const section = at("drawings-" + state.row).content.querySelectorAll(".sd-input")[input].cloneNode(true);
    const [figure, picture] = [".sd-coloured", "img"].map((selector) => section.querySelector(selector));
    if (picture) figure.querySelector("img").src = picture.src;
    at("map").replaceChildren(figure);
    withTexts(at("pairs"), limits);
    at("words").setAttribute("aria-label", names[0]);
    const places = new Map(regions.map((f, i) => [String(f), i]));
    const light = (w) => {
      paint(figure, places, shares[w]);
      figure.querySelector("figcaption").textContent = "\u2068" + words[w] + "\u2069 with " + names[1];
      at("pair").textContent = "\u2068" + words[w] + "\u2069: " + texts[w];
      [...at("words").children].forEach((button, i) => { button.ariaPressed = String(i === w); });
    };
    at("words").replaceChildren(...words.map((textContent, w) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent });
      button.className = sums[w] < 0 ? "sd-down" : "sd-up";
      button.style.setProperty("--share", sums[w]);
      ["pointerenter", "focus", "click"].forEach((name) => button.addEventListener(name, () => light(w)));
      return button;
    }));
    light(start);
  }
  at("words").addEventListener("keydown", (event) => {
    const step = { ArrowUp: "previousElementSibling", ArrowDown: "nextElementSibling" }[event.key];
    if (!step || !event.target[step]) return;
    event.preventDefault();
    event.target[step].focus();
  });

  // --- what is chosen ------------------------------------------------------------------

  function draw() {
    const row = data.rows[state.row];
    const [view, means] = [row.views[state.output], data.all.views[state.output]];
    at("row").value = state.row;
    const [uc, mi, output] = view.steps[0].slice(-3);
    withTexts(at("sum"), [row.name, view.quantity, output[0], uc[0], mi[0].replace("+", ""), uc[1]]);
    withTexts(at("all-note"), [data.outputs[state.output]]);
    drawStrip(view.strip);
    drawSteps("steps", data.steps, view.steps);
    drawFeatures("features", row, view);
    drawInputs(row, view);
    drawPairs(row, view);
    drawTable("fits", data.modalities, view.fits);
    drawTable("sums", data.modalities.flatMap((name) => [name + ", UC", name + ", MI"]), view.sums);
    at("rest-note").textContent = view.rest;
    drawSteps("sizes", data.sizes, means.sizes);
    drawFeatures("means", data.all, means);
    at("previous").ariaDisabled = String(state.row === 0);
    at("next").ariaDisabled = String(state.row === data.rows.length - 1);
    hideOverlaps();
  }
  // Marks that would overlap at this width.
  function hideOverlaps() {
    all(document, ".sd-ticks").forEach((ticks) => {
      let end = -Infinity;
      [...ticks.children].forEach((tick) => {
        const box = tick.getBoundingClientRect();
        tick.style.visibility = box.left < end ? "hidden" : "visible";
        if (box.left >= end) end = box.right + 6;
      });
    });
  }
  function go(step) {
    if (!data.rows[state.row + step]) return;
    state.row += step;
    draw();
  }
  if (!data.rows.length) return;
  ["row", "output"].forEach((key) => {
    at(key).value = state[key];
    at(key).addEventListener("change", () => { state[key] = Number(at(key).value); draw(); });
  });
  at("previous").addEventListener("click", () => go(-1));
  at("next").addEventListener("click", () => go(1));
  at("order").addEventListener("change", draw);
  ["features", "means"].forEach((id) => at(id + "-more").addEventListener("click", () => { unfolded[id] = !unfolded[id]; draw(); }));
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("select")) return;
    if (event.key === "ArrowLeft") go(-1);
    if (event.key === "ArrowRight") go(1);
  });
  addEventListener("resize", hideOverlaps);
  draw();
})();

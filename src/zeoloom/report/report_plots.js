// Plots as SVG: energy (or R_DLS) against density, and histograms of the set over the known types.
"use strict";
const Plots = (() => {
  const SPACE = "http://www.w3.org/2000/svg";
  function make(name, attributes, text) {
    const element = document.createElementNS(SPACE, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    return element;
  }

  // Round steps so that about `wanted` ticks lie between two numbers.
  function ticks(low, high, wanted) {
    const raw = (high - low) / wanted || 1;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((k) => k * power).find((each) => each >= raw);
    const first = Math.ceil(low / step - 1e-9);
    return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, k) => (first + k) * step);
  }

  // Without the noise of binary fractions.
  const label = (value) => String(Number(value.toPrecision(6)));

  function frame(width, height, margin, x, y, names, wanted) {
    const svg = make("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
    const [left, right, top, bottom] = [margin[3], width - margin[1], margin[0], height - margin[2]];
    const at = {
      x: (value) => left + ((value - x[0]) / (x[1] - x[0])) * (right - left),
      y: (value) => bottom - ((value - y[0]) / (y[1] - y[0])) * (bottom - top),
    };
    for (const value of wanted[0] ? ticks(...x, wanted[0]) : []) {
      svg.append(make("line", { class: "axis", x1: at.x(value), x2: at.x(value), y1: bottom, y2: bottom + 4 }));
      svg.append(make("text", { x: at.x(value), y: bottom + 17, "text-anchor": "middle" }, label(value)));
    }
    svg.append(make("line", { class: "axis", x1: left, x2: right, y1: bottom, y2: bottom }));
    for (const value of wanted[1] ? ticks(...y, wanted[1]) : []) {
      svg.append(make("line", { class: "axis", x1: left, x2: right, y1: at.y(value), y2: at.y(value) }));
      svg.append(make("text", { x: left - 7, y: at.y(value) + 4, "text-anchor": "end" }, label(value)));
    }
    if (names[0]) svg.append(make("text", { x: right, y: height - 4, "text-anchor": "end" }, names[0]));
    if (names[1]) svg.append(make("text", { x: 0, y: 12 }, names[1]));
    return { svg, at, left, right, top, bottom };
  }

  // ---- energy against density --------------------------------------------------------------------

  // Beyond this many times the limit an energy is drawn at the upper edge of the map.
  const CEILING = { energy: 60, rDls: 0.02 };

  // points: { index, name, density, value, new }; types: { name, density, value }.
  function map(place, { points, types, upwards, limits, tip, select }) {
    const width = Math.max(280, place.clientWidth);
    const wide = width > 560;
    const all = [...points, ...types];
    const top = CEILING[upwards];
    const clip = (value) => Math.min(value, top);
    const densities = all.map((each) => each.density);
    const span = [Math.floor(Math.min(10, ...densities)) - 1, Math.ceil(Math.max(22, ...densities)) + 1];
    const reach = Math.max(...all.map((each) => clip(each.value)), upwards === "energy" ? 36 : 0.008);
    const lowest = Math.min(0, ...all.map((each) => each.value));
    const { svg, at, left, right } = frame(width, wide ? 420 : 340, [26, 12, 42, 42], span, [lowest, reach * 1.06],
      ["T atoms per 1000 Å³", upwards === "energy" ? "kJ/mol above quartz" : "R_DLS"], [wide ? 8 : 5, 6]);
    svg.setAttribute("aria-label", `${points.length} frameworks and ${types.length} known types; the table holds the same numbers`);
    const lines = upwards === "energy" ? [[limits.feasible, "feasible: below"], [limits.likeMade, "all made as silica: below"]] : [];
    for (const [value] of lines) {
      svg.append(make("line", { class: "limit", x1: left, x2: right, y1: at.y(value), y2: at.y(value) }));
    }
    const told = (each) => [each.name, `${each.density.toFixed(1)} T/1000 Å³`,
      upwards === "energy" ? `${each.value.toFixed(1)} kJ/mol` : `R_DLS ${each.value.toFixed(4)}`].join("\n");
    const hover = (element, each, text) => {
      element.onpointerenter = (event) => tip(text, event.clientX, event.clientY);
      element.onpointerleave = () => tip(null);
    };
    for (const each of types) {
      const ring = make("circle", { class: "type", cx: at.x(each.density), cy: at.y(clip(each.value)), r: 3.2, "pointer-events": "all" });
      hover(ring, each, told({ ...each, name: `${each.name} (known type)` }));
      svg.append(ring);
    }
    const places = new Map();
    const big = points.length > 300 ? 3.4 : 4.6;
    // the best last, on top
    for (const each of [...points].reverse()) {
      const [x, y] = [at.x(each.density), at.y(clip(each.value))];
      const mark = each.new ? make("circle", { cx: x, cy: y, r: big })
        : make("rect", { x: x - 0.87 * big, y: y - 0.87 * big, width: 1.74 * big, height: 1.74 * big, transform: `rotate(45 ${x} ${y})` });
      mark.setAttribute("class", `mark ${each.new ? "new" : "old"}`);
      mark.dataset.index = each.index;
      hover(mark, each, told(each));
      mark.onclick = () => select(each.index);
      svg.append(mark);
      places.set(each.index, [x, y, mark]);
    }
    for (const [value, text] of lines) {
      svg.append(make("text", { class: "over", x: left + 4, y: at.y(value) - 5 }, `${text} ${value}`));
    }
    const chosen = make("circle", { class: "chosen", r: 8, visibility: "hidden" });
    svg.append(chosen);
    place.replaceChildren(svg);
    return {
      ceiling: all.some((each) => each.value > top) ? top : null,
      choose: (index) => {
        const found = places.get(index);
        chosen.setAttribute("visibility", found ? "visible" : "hidden");
        if (found) { chosen.setAttribute("cx", found[0]); chosen.setAttribute("cy", found[1]); }
      },
      keep: (shown) => places.forEach(([, , mark], index) => mark.classList.toggle("faded", !shown.has(index))),
    };
  }

  // ---- histograms --------------------------------------------------------------------------------

  const NAMES = {
    "T-O": "T–O distance (Å)", "O-O": "O–O distance in a tetrahedron (Å)", "T-T": "T–T distance (Å)",
    "T-O-T": "T–O–T angle (°)", "O-T-O": "O–T–O angle (°)", "T-T-T": "T–T–T angle (°)",
  };

  function titled(name, svg) {
    const box = document.createElement("div");
    box.className = "plot";
    const title = document.createElement("h3");
    title.textContent = name;
    svg.setAttribute("aria-label", name);
    box.append(title, svg);
    return box;
  }

  // Shares per bin: the known types as an area, the set as a line, so that colour is not needed.
  function histogram({ kind, low, high, ours, known }, width) {
    const peak = Math.max(...known, ...(ours || []));
    const bins = known.length;
    const used = known.map((share, k) => share > 2e-4 * peak || (ours && ours[k] > 2e-4 * peak));
    // bins where nothing is are cut away at both ends
    const first = Math.max(0, used.indexOf(true) - 1);
    const last = Math.min(bins, used.lastIndexOf(true) + 2);
    const value = (k) => low + ((high - low) * k) / bins;
    const { svg, at, bottom } = frame(width, 150, [8, 12, 22, 8], [value(first), value(last)], [0, peak * 1.05], ["", ""], [5, 0]);
    const outline = (shares) => {
      const steps = [];
      for (let k = first; k < last; k += 1) {
        const y = at.y(shares[k]);
        steps.push(`${at.x(value(k))},${y}`, `${at.x(value(k + 1))},${y}`);
      }
      return steps;
    };
    const ends = [`${at.x(value(first))},${bottom}`, `${at.x(value(last))},${bottom}`];
    svg.append(make("polygon", { class: "known-area", points: [ends[0], ...outline(known), ends[1]].join(" ") }));
    if (ours) svg.append(make("polyline", { class: "ours-line", points: [ends[0], ...outline(ours), ends[1]].join(" ") }));
    return titled(NAMES[kind], svg);
  }

  // Share of frameworks with rings of each size.
  function ringBars({ ours, known }, width) {
    const sizes = [...new Set([...Object.keys(ours), ...Object.keys(known)].map(Number))].sort((a, b) => a - b);
    const { svg, at, left, right, bottom } = frame(width, 190, [22, 12, 36, 36], [0, sizes.length], [0, 100],
      ["T atoms in the ring", "% of frameworks"], [0, 4]);
    const step = (right - left) / sizes.length;
    sizes.forEach((ring, k) => {
      const bar = (share, offset, name) => {
        if (!share) return;
        const y = at.y(100 * share);
        const thick = Math.min(16, step * 0.36);
        const middle = left + (k + 0.5) * step + offset * thick;
        const element = make("rect", { class: name, x: middle - thick / 2, y, width: thick, height: bottom - y });
        element.append(make("title", {}, `${ring}-rings: ${(100 * share).toFixed(0)} %`));
        svg.append(element);
      };
      bar(known[ring], -0.55, "known-area");
      bar(ours[ring], 0.55, "ours-bar");
      svg.append(make("text", { x: left + (k + 0.5) * step, y: bottom + 17, "text-anchor": "middle" }, ring));
    });
    const box = titled("Frameworks with rings of a size", svg);
    box.classList.add("wide");
    return box;
  }

  return { map, histogram, ringBars };
})();

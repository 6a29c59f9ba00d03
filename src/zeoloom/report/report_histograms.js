// Local geometry and rings of the set against the known types: histograms, worked out beforehand.
"use strict";
const Histograms = (() => {
  const { make } = Axes;
  const { byId, element } = Tools;
  const NARROWEST = 240; // pixels of a plot
  const GAP = 24;
  const VISIBLE = 2e-4; // of the highest bin: less is not seen
  const NAMES = {
    "T-O": "T–O distance (Å)", "O-O": "O–O distance in a tetrahedron (Å)", "T-T": "T–T distance (Å)",
    "T-O-T": "T–O–T angle (°)", "O-T-O": "O–T–O angle (°)", "T-T-T": "T–T–T angle (°)",
  };

  function titled(name, svg) {
    const box = element("div", undefined, "plot");
    svg.setAttribute("aria-label", name);
    box.append(element("h3", name), svg);
    return box;
  }

  // The bins where there is anything, and one more on either side.
  function usedBins(known, ours, peak) {
    const used = known.map((share, k) => Math.max(share, ours ? ours[k] : 0) > VISIBLE * peak);
    return [Math.max(0, used.indexOf(true) - 1), Math.min(known.length, used.lastIndexOf(true) + 2)];
  }

  // Shares per bin: the known types as an area, the set as a line, so that colour is not needed.
  function histogram({ kind, low, high, ours, known }, width) {
    const peak = Math.max(...known, ...(ours || []));
    const [first, last] = usedBins(known, ours, peak);
    const edge = (k) => low + ((high - low) * k) / known.length;
    const { svg, at, bottom } = Axes.frame(width, 150, { top: 8, right: 12, bottom: 22, left: 8 },
      { span: [edge(first), edge(last)], ticks: 5 }, { span: [0, peak * 1.05], ticks: 0 });
    const outline = (shares) => {
      const steps = [`${at.x(edge(first))},${bottom}`];
      for (let k = first; k < last; k += 1) {
        const y = at.y(shares[k]);
        steps.push(`${at.x(edge(k))},${y}`, `${at.x(edge(k + 1))},${y}`);
      }
      return [...steps, `${at.x(edge(last))},${bottom}`].join(" ");
    };
    svg.append(make("polygon", { class: "known-area", points: outline(known) }));
    if (ours) svg.append(make("polyline", { class: "ours-line", points: outline(ours) }));
    return titled(NAMES[kind], svg);
  }

  // Share of frameworks with rings of each size.
  function ringBars({ ours, known }, width) {
    const sizes = [...new Set([...Object.keys(ours), ...Object.keys(known)].map(Number))].sort((a, b) => a - b);
    const { svg, at, left, right, bottom } = Axes.frame(width, 190, { top: 22, right: 12, bottom: 36, left: 36 },
      { span: [0, sizes.length], name: "T atoms in the ring", ticks: 0 }, { span: [0, 100], name: "% of frameworks", ticks: 4 });
    const step = (right - left) / sizes.length;
    const thick = Math.min(16, step * 0.36);
    const bar = (size, share, middle, name) => {
      const y = at.y(100 * share);
      const rect = make("rect", { class: name, x: middle - thick / 2, y, width: thick, height: bottom - y });
      rect.append(make("title", {}, `${size}-rings: ${(100 * share).toFixed(0)} %`));
      svg.append(rect);
    };
    sizes.forEach((size, k) => {
      const middle = left + (k + 0.5) * step;
      if (known[size]) bar(size, known[size], middle - 0.55 * thick, "known-area");
      if (ours[size]) bar(size, ours[size], middle + 0.55 * thick, "ours-bar");
      svg.append(make("text", { x: middle, y: bottom + 17, "text-anchor": "middle", class: step < 18 ? "narrow" : "" }, size));
    });
    const box = titled("Frameworks with smallest rings of a size", svg);
    box.classList.add("wide");
    return box;
  }

  function write({ frameworks, types, local, rings }) {
    const line = frameworks ? `Blue line: the ${Head.plural(frameworks, "valid framework")} here.` : "There is no valid framework to compare.";
    byId("geometry-note").textContent = `${line} Grey area: ${types} framework types of the IZA database. `
      + "Every framework counts the same. Values beyond the ends are counted in the outermost bins.";
    const whole = byId("geometry").clientWidth;
    const columns = Math.max(1, Math.floor((whole + GAP) / (NARROWEST + GAP)));
    byId("geometry").style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    const plots = local.map((each) => histogram(each, (whole - GAP * (columns - 1)) / columns));
    if (Object.keys(rings.ours).length || Object.keys(rings.known).length) plots.push(ringBars(rings, whole));
    byId("geometry").replaceChildren(...plots);
  }

  return { write };
})();

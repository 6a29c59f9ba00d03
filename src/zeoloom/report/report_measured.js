// Measured data: E2 of all candidates against their R_DLS, the groups tried, and for the framework
// selected the measured intensities with the calculated ones. All are worked out beforehand.
"use strict";
const Measured = (() => {
  const { make } = Axes;
  const { byId, element } = Tools;
  const STRAIN = [0.001, 0.1]; // R_DLS from edge to edge; beyond them points lie at the edges
  const MARKS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1];
  const COLUMNS = ["Space group", "Share of batches", "Batches", "Candidates", "Best E2"];

  const known = (value, digits) => (typeof value === "number" ? value.toFixed(digits) : "\u2013");

  function pointMark(f, x, y) {
    const mark = f.new ? make("circle", { cx: x, cy: y, r: 4.6 })
      : make("rect", { x: x - 4, y: y - 4, width: 8, height: 8, transform: `rotate(45 ${x} ${y})` });
    mark.setAttribute("class", `mark ${f.new ? "new" : "old"}`);
    return mark;
  }

  // R_DLS on a scale of logarithms: the candidates that matter differ by factors.
  function writeCandidates(frameworks, tip, select) {
    const points = frameworks.map((f, index) => ({ f, index })).filter(({ f }) => f.e2 !== null && f.rDlsCell !== null);
    const width = Math.max(280, byId("candidates").clientWidth);
    const log = (strain) => Math.log10(Math.min(STRAIN[1], Math.max(STRAIN[0], strain)));
    const { svg, at } = Axes.frame(width, width > 560 ? 300 : 260, { top: 26, right: 14, bottom: 42, left: 42 },
      { span: STRAIN.map(log), name: "R_DLS, cell held", marks: MARKS.map((value) => [log(value), String(value)]) },
      { span: [Math.min(0, ...points.map(({ f }) => f.e2)), 1], name: "E2", ticks: 5 });
    svg.setAttribute("aria-label", `E2 and R_DLS of ${Head.plural(points.length, "candidate")}; the right one is expected at the upper left`);
    const places = new Map();
    for (const { f, index } of [...points].reverse()) { // the best last, on top
      const place = [at.x(log(f.rDlsCell)), at.y(f.e2)];
      const mark = pointMark(f, ...place);
      mark.dataset.index = index;
      mark.onpointerenter = (event) => tip(`${f.name}\nE2 ${f.e2.toFixed(3)}\nR_DLS ${f.rDlsCell.toFixed(4)}`, event.clientX, event.clientY);
      mark.onpointerleave = () => tip(null);
      mark.onclick = () => select(index);
      svg.append(mark);
      places.set(index, place);
    }
    const chosen = make("circle", { class: "chosen", r: 8, visibility: "hidden" });
    svg.append(chosen);
    byId("candidates").replaceChildren(svg);
    byId("candidates-note").textContent = `${Head.plural(points.length, "candidate")}; the right one is expected at the upper left. Discs: new nets, diamonds: known ones.`;
    return (index) => {
      const place = places.get(index);
      chosen.setAttribute("visibility", place ? "visible" : "hidden");
      if (place) ["cx", "cy"].forEach((name, k) => chosen.setAttribute(name, place[k]));
    };
  }

  function writeGroups(groups) {
    const row = (texts, name) => {
      const made = element("tr");
      made.append(...texts.map((text, k) => element(name, text, k ? "number" : "text")));
      return made;
    };
    byId("groups-head").replaceChildren(row(COLUMNS, "th"));
    byId("groups").replaceChildren(...groups.map((each) => row([each.group, `${(100 * each.share).toFixed(0)} %`,
      Head.number(each.batches), Head.number(each.candidates), known(each.e2, 3)], "td")));
  }

  // Roots of intensities: measured ones upwards, calculated ones downwards from the same line.
  function drawSticks({ angles, observed, calculated }, { root, angle }) {
    const width = Math.max(280, byId("compared").clientWidth);
    const high = Math.max(1, ...calculated.map((each) => each / root));
    const { svg, at } = Axes.frame(width, width > 560 ? 260 : 220, { top: 22, right: 12, bottom: 40, left: 42 },
      { span: [0, (1.02 * Math.max(...angles)) / angle], name: "2\u03b8 (\u00b0, Cu K\u03b1)", ticks: width > 560 ? 10 : 5 },
      { span: [-high, 1], name: "root of the intensity", marks: [[-1, "1"], [0, "0"], [1, "1"]] });
    svg.setAttribute("aria-label", `${Head.plural(angles.length, "group")} of reflections, measured and calculated`);
    const sticks = (heights, name, sign) => make("path", { class: name, fill: "none", d: angles.map((each, k) => {
      const x = at.x(each / angle).toFixed(1);
      return `M${x} ${at.y(0).toFixed(1)}V${at.y((sign * heights[k]) / root).toFixed(1)}`;
    }).join("") });
    svg.append(sticks(observed, "observed", 1), sticks(calculated, "calculated", -1));
    byId("compared").replaceChildren(svg);
  }

  // From top to bottom: measured and calculated curve, ticks of the reflections, difference.
  function drawProfile({ angles, counts, most, calculated, difference, ticks }, { angle, height }) {
    const width = Math.max(280, byId("profile").clientWidth);
    const share = (values) => values.map((each) => each / height);
    const [seen, made, left] = [counts, calculated, difference].map(share);
    const zero = -0.14 - Math.max(0, ...left); // of the difference, below the ticks
    const x = angles.map((each) => each / angle);
    const { svg, at } = Axes.frame(width, width > 560 ? 340 : 280, { top: 22, right: 12, bottom: 40, left: 54 },
      { span: [x[0], x[x.length - 1]], name: "2\u03b8 (\u00b0, as measured)", ticks: width > 560 ? 10 : 5 },
      { span: [zero + Math.min(0, ...left), Math.max(1, ...made)], name: "counts",
        marks: [[zero, "diff."], [0, "0"], [0.5, Head.number(Math.round(most / 2))], [1, Head.number(Math.round(most))]] });
    svg.setAttribute("aria-label", "Measured and calculated pattern, ticks of the reflections, difference");
    const line = (heights, name) => make("polyline", { class: name, points: x.map((each, k) => `${at.x(each).toFixed(1)},${at.y(heights[k]).toFixed(1)}`).join(" ") });
    const inside = ticks.map((each) => each / angle).filter((each) => each >= x[0] && each <= x[x.length - 1]);
    svg.append(line(seen, "measured-line"), line(made, "calculated-line"), line(left.map((each) => zero + each), "difference-line"),
      make("path", { class: "ticks", d: inside.map((each) => `M${at.x(each).toFixed(1)} ${at.y(-0.04).toFixed(1)}V${at.y(-0.09).toFixed(1)}`).join("") }));
    byId("profile").replaceChildren(svg);
  }

  function legendItem(shade, text) {
    const item = element("li");
    item.append(Head.dot(`var(--${shade})`), text);
    return item;
  }

  function writeProfile({ profile, patterns, steps }, found) {
    byId("profile").replaceChildren();
    byId("profile-legend").replaceChildren();
    if (!profile || !found) return;
    const packed = { ...profile, ...found.curve, ticks: patterns[found.pattern].ticks };
    for (const name of ["angles", "counts", "calculated", "difference", "ticks"]) packed[name] = [...Crystal.integers(packed[name])];
    drawProfile(packed, steps);
    byId("profile-legend").replaceChildren(legendItem("ink", "measured"), legendItem("new", "calculated"), legendItem("ours", "difference"),
      element("li", `R_wp of the pattern ${known(found.curve.rWp, 3)}`));
  }

  function writeCompared({ frameworks, measured }, index) {
    const found = measured.compared.find((each) => each.framework === index);
    byId("compared-title").textContent = frameworks[index] ? `${frameworks[index].name} against the data` : "";
    byId("compared-legend").replaceChildren();
    writeProfile(measured, found);
    if (!found) {
      byId("compared").replaceChildren(element("p", "Not worked out: only the first frameworks are fitted to the data.", "soft"));
      return;
    }
    const { angles, observed } = measured.patterns[found.pattern];
    const [x, up, down] = [angles, observed, found.calculated].map((text) => [...Crystal.integers(text)]);
    drawSticks({ angles: x, observed: up, calculated: down }, measured.steps);
    byId("compared-legend").replaceChildren(legendItem("ink", "measured, upwards"), legendItem("new", "calculated, downwards"),
      element("li", `density in the pores ${found.density.toFixed(2)} per \u00c5\u00b3`));
  }

  // Null without data; else choose(index) shows which framework is selected.
  function write(data, tip, select) {
    byId("measured").hidden = !data.measured;
    if (!data.measured) return null;
    byId("sure").textContent = data.measured.sure;
    const choosePoint = writeCandidates(data.frameworks, tip, select);
    writeGroups(data.measured.groups);
    return { choose: (index) => { choosePoint(index); writeCompared(data, index); } };
  }

  return { write };
})();

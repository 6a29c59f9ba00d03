// Energy, or R_DLS, against framework density: the frameworks here among the known types.
"use strict";
const DensityMap = (() => {
  const { make } = Axes;
  const { byId, element } = Tools;
  // ceiling: values above are drawn at the upper edge; top: the axis reaches at least so far
  const MEASURES = {
    energy: { title: "Energy", ceiling: 60, top: 36, axis: "kJ/mol above quartz", text: (value) => `${value.toFixed(1)} kJ/mol` },
    rDls: { title: "R_DLS", ceiling: 0.02, top: 0.008, axis: "R_DLS", text: (value) => `R_DLS ${value.toFixed(4)}` },
  };
  const MARKS = {
    new: ['<circle cx="7" cy="7" r="4.6" fill="var(--new)"/>', "new"],
    known: ['<rect x="3" y="3" width="8" height="8" transform="rotate(45 7 7)" fill="var(--ours)"/>', "known, found here"],
    types: ['<circle cx="7" cy="7" r="3.4" fill="none" stroke="var(--known)" stroke-width="1.4"/>', "framework types (IZA)"],
  };
  const ARROW = '<path d="M2 3H12M7 12V6M4 9L7 6L10 9" fill="none" stroke="currentColor"/>';
  const MANY = 300; // points; beyond, they are smaller

  // What is plotted: frameworks and types whose density and measure are known, `value` being the measure.
  function plotted({ frameworks, types }, upwards) {
    const known = (each) => typeof each.density === "number" && typeof each[upwards] === "number";
    const points = frameworks.map((f, index) => ({ name: f.name, density: f.density, new: f.new, index, value: f[upwards] }))
      .filter(({ index }) => frameworks[index].valid && known(frameworks[index]));
    return [points, types.filter(known).map((each) => ({ name: each.name, density: each.density, value: each[upwards] }))];
  }

  function axesFor(width, all, measure) {
    const wide = width > 560;
    const densities = all.map((each) => each.density);
    const values = all.map((each) => Math.min(each.value, measure.ceiling));
    const span = [Math.floor(Math.min(10, ...densities)) - 1, Math.ceil(Math.max(22, ...densities)) + 1];
    return Axes.frame(width, wide ? 420 : 340, { top: 26, right: 12, bottom: 42, left: 42 },
      { span, name: "T atoms per 1000 Å³", ticks: wide ? 8 : 5 },
      { span: [Math.min(0, ...values), 1.06 * Math.max(measure.top, ...values)], name: measure.axis, ticks: 6 });
  }

  const textOf = (each, measure) => [each.name, `${each.density.toFixed(1)} T/1000 Å³`, measure.text(each.value)].join("\n");

  function hover(mark, text, tip) {
    mark.onpointerenter = (event) => tip(text, event.clientX, event.clientY);
    mark.onpointerleave = () => tip(null);
  }

  const typeMark = (x, y) => make("circle", { class: "type", cx: x, cy: y, r: 3.2, "pointer-events": "all" });

  // New nets are discs, known ones squares on a corner: colour is not needed to see which is which.
  function pointMark(each, x, y, radius) {
    const side = 1.74 * radius;
    const mark = each.new ? make("circle", { cx: x, cy: y, r: radius })
      : make("rect", { x: x - side / 2, y: y - side / 2, width: side, height: side, transform: `rotate(45 ${x} ${y})` });
    mark.setAttribute("class", `mark ${each.new ? "new" : "old"}`);
    mark.dataset.index = each.index;
    return mark;
  }

  function writeLegend(points, types, ceiling) {
    const kinds = [[MARKS.new, points.some((f) => f.new)], [MARKS.known, points.some((f) => !f.new)], [MARKS.types, types.length],
      [[ARROW, `at the upper edge: ${ceiling} or more`], [...points, ...types].some(({ value }) => value > ceiling)]];
    byId("map-legend").replaceChildren(...kinds.filter(([, there]) => there).map(([[drawing, name]]) => {
      const item = element("li");
      item.innerHTML = `<svg width="14" height="14" aria-hidden="true">${drawing}</svg>`;
      item.append(name);
      return item;
    }));
  }

  function drawLimits({ svg, at, left, right }, limits) {
    const lines = [[limits.feasible, "feasible: up to"], [limits.likeMade, "made as pure silica so far: up to"]];
    for (const [value] of lines) {
      svg.prepend(make("line", { class: "limit", x1: left, x2: right, y1: at.y(value), y2: at.y(value) }));
    }
    for (const [value, text] of lines) {
      svg.append(make("text", { class: "over", x: left + 4, y: at.y(value) - 5 }, `${text} ${value}`));
    }
  }

  // Draws the map; what it returns marks the framework chosen, and fades those that are not listed.
  function write(data, upwards, tip, select) {
    const measure = MEASURES[upwards];
    const [points, types] = plotted(data, upwards);
    const width = Math.max(280, byId("map").clientWidth);
    const axes = axesFor(width, [...points, ...types], measure);
    const { svg, at } = axes;
    const centre = ({ density, value }) => [at.x(density), at.y(Math.min(value, measure.ceiling))];
    byId("map-title").textContent = `${measure.title} against framework density`;
    svg.setAttribute("aria-label", `${points.length} frameworks and ${types.length} framework types; the table holds the same numbers`);
    for (const each of types) {
      const mark = typeMark(...centre(each));
      hover(mark, textOf({ ...each, name: `${each.name} (framework type)` }, measure), tip);
      svg.append(mark);
    }
    const marks = new Map();
    for (const each of [...points].reverse()) { // the best last, on top
      const mark = pointMark(each, ...centre(each), points.length > MANY ? 3.4 : 4.6);
      hover(mark, textOf(each, measure), tip);
      mark.onclick = () => select(each.index);
      svg.append(mark);
      marks.set(each.index, { mark, centre: centre(each) });
    }
    if (upwards === "energy") drawLimits(axes, data.limits);
    const chosen = make("circle", { class: "chosen", r: 8, visibility: "hidden" });
    svg.append(chosen);
    byId("map").replaceChildren(svg);
    writeLegend(points, types, measure.ceiling);
    return {
      choose: (index) => {
        const found = marks.get(index);
        chosen.setAttribute("visibility", found ? "visible" : "hidden");
        if (found) [["cx", 0], ["cy", 1]].forEach(([name, k]) => chosen.setAttribute(name, found.centre[k]));
      },
      keep: (listed) => marks.forEach(({ mark }, index) => mark.classList.toggle("faded", !listed.has(index))),
    };
  }

  return { write };
})();

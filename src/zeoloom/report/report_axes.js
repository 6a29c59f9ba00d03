// Axes of a plot as SVG: ticks at round numbers, their labels, and where values lie between them.
"use strict";
const Axes = (() => {
  const SPACE = "http://www.w3.org/2000/svg";

  function make(name, attributes, text) {
    const element = document.createElementNS(SPACE, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    return element;
  }

  // Round steps so that about `wanted` ticks lie between two numbers; none are wanted with 0.
  function ticks([low, high], wanted) {
    if (!wanted) return [];
    const raw = (high - low) / wanted || 1;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((k) => k * power).find((each) => each >= raw);
    const first = Math.ceil(low / step - 1e-9);
    return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, k) => (first + k) * step);
  }

  // Without the noise of binary fractions.
  const label = (value) => String(Number(value.toPrecision(6)));

  // margin: { top, right, bottom, left } in pixels; x, y: { span: [low, high], name, ticks: about how
  // many, or marks: [value, text] of each }.
  function frame(width, height, margin, x, y) {
    const svg = make("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
    const [left, right, top, bottom] = [margin.left, width - margin.right, margin.top, height - margin.bottom];
    const share = (value, [low, high]) => (value - low) / (high - low);
    const at = {
      x: (value) => left + share(value, x.span) * (right - left),
      y: (value) => bottom - share(value, y.span) * (bottom - top),
    };
    const marks = (axis) => axis.marks || ticks(axis.span, axis.ticks).map((value) => [value, label(value)]);
    for (const [value, text] of marks(x)) {
      svg.append(make("line", { class: "axis", x1: at.x(value), x2: at.x(value), y1: bottom, y2: bottom + 4 }));
      svg.append(make("text", { x: at.x(value), y: bottom + 17, "text-anchor": "middle" }, text));
    }
    svg.append(make("line", { class: "axis", x1: left, x2: right, y1: bottom, y2: bottom }));
    for (const [value, text] of marks(y)) {
      svg.append(make("line", { class: "axis", x1: left, x2: right, y1: at.y(value), y2: at.y(value) }));
      svg.append(make("text", { x: left - 7, y: at.y(value) + 4, "text-anchor": "end" }, text));
    }
    if (x.name) svg.append(make("text", { x: right, y: height - 4, "text-anchor": "end" }, x.name));
    if (y.name) svg.append(make("text", { x: 0, y: 12 }, y.name));
    return { svg, at, left, right, bottom };
  }

  return { make, frame };
})();

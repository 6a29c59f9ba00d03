// Small flat drawings of the frameworks, seen along their shortest axis, all at one scale. A drawing
// is made when its card comes into view and dropped when it leaves: thousands of cards stay light.
"use strict";
const Gallery = (() => {
  const WIDE = 30; // Å across a card

  // T-T lines [x, y, x, y, depth] that fill a window of `wide` by `high` Å; depth from 0 to 1.
  // `crystal.seen`: the axes of the cell, each as it points right, up and towards the eye.
  function lines(crystal, wide, high) {
    const { seen, axes: [long, middle, short] } = crystal;
    const [p, q] = [Crystal.row(seen, long), Crystal.row(seen, middle)];
    const length = Crystal.row(seen, short)[2];
    const centre = Crystal.along(seen, [0.5, 0.5, 0.5]);
    const area = Math.abs(p[0] * q[1] - p[1] * q[0]);
    const reach = Math.hypot(wide, high) / 2 + 4;
    // copies along p fill the window if they reach across it, seen along q
    const most = [q, p].map((other) => Math.min(12, Math.ceil((reach * Math.hypot(other[0], other[1])) / area) + 1));
    const outside = ([x, y]) => Math.abs(x) > wide / 2 + 1 || Math.abs(y) > high / 2 + 1;
    const drawn = [];
    for (const { tail, head, shift } of crystal.bonds) {
      const start = Crystal.along(seen, crystal.frac[tail]);
      const end = Crystal.along(seen, Crystal.plus(crystal.frac[head], shift));
      const depth = (start[2] + end[2]) / 2 / length;
      for (let i = -most[0]; i <= most[0]; i += 1) {
        for (let j = -most[1]; j <= most[1]; j += 1) {
          const shifted = ([x, y]) => [x + i * p[0] + j * q[0] - centre[0], y + i * p[1] + j * q[1] - centre[1]];
          const ends = [shifted(start), shifted(end)];
          if (!ends.every(outside)) drawn.push([...ends.flat(), depth - Math.floor(depth)]);
        }
      }
    }
    return drawn.sort((one, other) => one[4] - other[4]);
  }

  function draw(canvas, crystal) {
    const width = canvas.clientWidth || 160;
    const height = (width * 3) / 4;
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const context = canvas.getContext("2d");
    const scale = canvas.width / WIDE;
    context.translate(canvas.width / 2, canvas.height / 2);
    context.lineCap = "round";
    context.strokeStyle = Tools.colour("ink");
    for (const [x1, y1, x2, y2, depth] of lines(crystal, WIDE, (WIDE * 3) / 4)) {
      context.globalAlpha = 0.25 + 0.65 * depth;
      context.lineWidth = scale * (0.16 + 0.12 * depth);
      context.beginPath();
      context.moveTo(x1 * scale, -y1 * scale);
      context.lineTo(x2 * scale, -y2 * scale);
      context.stroke();
    }
  }

  function drop(canvas) {
    canvas.width = 0;
    canvas.height = 0;
  }

  // Draws canvases as they come into view: crystalOf(canvas) is called then.
  function watcher(crystalOf) {
    const seen = new Set();
    const observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) { seen.add(target); draw(target, crystalOf(target)); }
        else if (seen.delete(target)) drop(target);
      }
    }, { rootMargin: "300px" });
    return {
      add: (canvas) => observer.observe(canvas),
      clear: () => { observer.disconnect(); seen.clear(); },
      redraw: () => seen.forEach((canvas) => draw(canvas, crystalOf(canvas))),
    };
  }

  return { watcher };
})();

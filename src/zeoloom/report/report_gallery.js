// Small flat drawings of the frameworks, seen along their shortest axis, all at one scale. A drawing
// is made when its card comes into view and dropped when it leaves: thousands of cards stay light.
"use strict";
const Gallery = (() => {
  const WIDE = 30; // Å across a card
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  // T-T lines [x, y, depth, x, y, depth] that fill a window of `wide` by `high` Å; depth from 0 to 1.
  function lines(net, wide, high) {
    const axes = [0, 1, 2].map((k) => Nets.row(net.cell, k));
    const order = [0, 1, 2].sort((i, j) => Nets.norm(axes[i]) - Nets.norm(axes[j]));
    const view = axes[order[0]];
    const length = Nets.norm(view);
    const z = view.map((x) => x / length);
    const flat = (v) => v.map((x, k) => x - Nets.dot(v, z) * z[k]);
    // the longer of the other two axes lies across
    const across = flat(axes[order[2]]);
    const x = across.map((value) => value / Nets.norm(across));
    const y = Nets.cross(z, x);
    const seen = (v) => [Nets.dot(v, x), Nets.dot(v, y), Nets.dot(v, z)];
    const [p, q] = [seen(axes[order[2]]), seen(axes[order[1]])];
    const middle = seen(Nets.cartesian(net.cell, [0.5, 0.5, 0.5]));
    const area = Math.abs(p[0] * q[1] - p[1] * q[0]);
    const reach = Math.hypot(wide, high) / 2 + 4;
    const most = [q, p].map((other) => Math.min(12, Math.ceil((reach * Math.hypot(other[0], other[1])) / area) + 1));
    const drawn = [];
    for (const { tail, head, shift } of net.bonds) {
      const start = seen(Nets.cartesian(net.cell, net.frac[tail]));
      const end = seen(Nets.cartesian(net.cell, net.frac[head].map((f, k) => f + shift[k])));
      for (let i = -most[0]; i <= most[0]; i += 1) {
        for (let j = -most[1]; j <= most[1]; j += 1) {
          const move = [0, 1].map((k) => i * p[k] + j * q[k] - middle[k]);
          const ends = [start, end].map((at) => [at[0] + move[0], at[1] + move[1]]);
          if (ends.every(([a, b]) => Math.abs(a) > wide / 2 + 1 || Math.abs(b) > high / 2 + 1)) continue;
          const depth = (start[2] + end[2]) / 2 / length;
          drawn.push([...ends.flat(), depth - Math.floor(depth)]);
        }
      }
    }
    return drawn.sort((one, other) => one[4] - other[4]);
  }

  function draw(canvas, net) {
    const width = canvas.clientWidth || 160;
    const height = (width * 3) / 4;
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const context = canvas.getContext("2d");
    const scale = canvas.width / WIDE;
    context.translate(canvas.width / 2, canvas.height / 2);
    context.lineCap = "round";
    context.strokeStyle = colour("ink");
    for (const [x1, y1, x2, y2, depth] of lines(net, WIDE, (WIDE * 3) / 4)) {
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

  // Draws canvases as they come into view: netOf(canvas) is called then.
  function watcher(netOf) {
    const seen = new Set();
    const observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) { seen.add(target); draw(target, netOf(target)); }
        else if (seen.delete(target)) drop(target);
      }
    }, { rootMargin: "300px" });
    return {
      add: (canvas) => observer.observe(canvas),
      clear: () => { observer.disconnect(); seen.clear(); },
      redraw: () => seen.forEach((canvas) => draw(canvas, netOf(canvas))),
    };
  }

  return { watcher };
})();

// The net of a framework: atoms and bonds of one cell over its periodic boundaries, and its rings.
// A node of the infinite net, vertex i in cell S, is one number: i + n (S1 + W S2 + W^2 S3), so a step
// along a bond is one addition.
"use strict";
const Nets = (() => {
  const WIDTH = 64; // cells; shifts are counted from the middle
  const MIDDLE = 32 * (1 + WIDTH + WIDTH * WIDTH);
  const MAX_STEPS = 2e6; // of the search for rings; beyond, what was found so far is shown

  function integers(text) {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    return new Int16Array(bytes.buffer);
  }

  // Fractional to Cartesian, for a cell of nine numbers whose rows are a, b, c.
  const cartesian = (cell, f) => [0, 1, 2].map((k) => f[0] * cell[k] + f[1] * cell[3 + k] + f[2] * cell[6 + k]);
  const row = (cell, k) => cell.slice(3 * k, 3 * k + 3);
  const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
  const norm = (a) => Math.hypot(...a);

  // Record of the page's data to { cell, n, frac, sites, labels, bonds, arms }.
  // bonds: { tail, head, shift, o }, o being the oxygen seen from the tail, or null.
  // arms[i]: { head, shift, o, step } for every bond of vertex i, both directions.
  function decode(record, fraction) {
    const t = integers(record.t);
    const o = integers(record.o);
    const flat = integers(record.bonds);
    const n = t.length / 3;
    const frac = Array.from({ length: n }, (_, i) => [0, 1, 2].map((k) => t[3 * i + k] / fraction));
    const bonds = Array.from({ length: flat.length / 5 }, (_, e) => {
      const [tail, head, ...shift] = flat.slice(5 * e, 5 * e + 5);
      const oxygen = o.length ? [0, 1, 2].map((k) => o[3 * e + k] / fraction) : null;
      return { tail, head, shift, o: oxygen };
    });
    const step = (from, to, s) => to - from + n * (s[0] + WIDTH * (s[1] + WIDTH * s[2]));
    const arms = Array.from({ length: n }, () => []);
    for (const { tail, head, shift, o: oxygen } of bonds) {
      const back = shift.map((s) => -s);
      arms[tail].push({ head, shift, o: oxygen, step: step(tail, head, shift) });
      const seen = oxygen && oxygen.map((x, k) => x + back[k]);
      arms[head].push({ head: tail, shift: back, o: seen, step: step(head, tail, back) });
    }
    return { cell: record.cell, n, frac, sites: [...integers(record.sites)], labels: record.labels, bonds, arms };
  }

  // Graph distances from each vertex, grown shell by shell as they are asked for.
  function walker(net) {
    const { n, arms } = net;
    const balls = Array.from({ length: n }, (_, i) => new Map([[i + n * MIDDLE, 0]]));
    const last = Array.from({ length: n }, (_, i) => [i + n * MIDDLE]);
    const reach = new Array(n).fill(0);
    function apart(one, other, distance) {
      const i = one % n;
      while (reach[i] < distance) {
        reach[i] += 1;
        const fresh = [];
        for (const node of last[i]) {
          for (const { step } of arms[node % n]) {
            if (!balls[i].has(node + step)) {
              balls[i].set(node + step, reach[i]);
              fresh.push(node + step);
            }
          }
        }
        last[i] = fresh;
      }
      return balls[i].get(other - one + i + n * MIDDLE) === distance;
    }
    return { apart };
  }

  // The rings of `size` that go on from `path`, vertex after vertex, and end at node b: closed paths
  // without shortcuts. Opposite nodes of such a path are as far apart as along it, and that is enough.
  // With `least`, only rings are found whose first vertex has the least number.
  function ringsThrough(net, path, b, size, least, budget, found) {
    budget.steps += 1;
    if (budget.steps > MAX_STEPS) return;
    const walk = net.walk;
    const half = size >> 1;
    const i = path.length; // the next node is node i of the ring, b is node size - 1
    for (const { step } of net.arms[path[i - 1] % net.n]) {
      const x = path[i - 1] + step;
      if (least && x % net.n < path[0] % net.n) continue;
      if (i === size - 1 && x !== b) continue;
      if (!walk.apart(path[0], x, Math.min(i, size - i))) continue;
      if (!walk.apart(path[1], x, Math.min(i - 1, size - i + 1))) continue;
      if (!walk.apart(b, x, Math.min(i + 1, size - 1 - i))) continue;
      if (i >= half && !walk.apart(path[i - half], x, half)) continue;
      if (size % 2 && i > half && !walk.apart(path[i - half - 1], x, half)) continue;
      if (i === size - 1) found.push([...path, x]);
      else ringsThrough(net, [...path, x], b, size, least, budget, found);
    }
  }

  // One name for a ring and all its translates.
  function ringName(net, ring) {
    const least = Math.min(...ring.map((node) => node % net.n));
    const names = ring.filter((node) => node % net.n === least)
      .map((origin) => ring.map((node) => node - origin).sort((a, b) => a - b).join());
    return `${least}:${names.sort()[0]}`;
  }

  // Rings of one size: { rings, complete }. With `smallest`, those alone that are the smallest at one
  // of their angles, as vertex symbols count them: the windows of pores, but no ways around cages. A
  // ring is a list of fractional corners with its middle in cell zero; of copies in other cells there
  // is one.
  function ringsOf(net, size, smallest) {
    const name = `${size} ${smallest}`;
    net.rings ||= new Map();
    if (net.rings.has(name)) return net.rings.get(name);
    net.walk ||= walker(net);
    const budget = { steps: 0 };
    const distinct = new Map();
    for (let v = 0; v < net.n; v += 1) {
      const home = v + net.n * MIDDLE;
      const ends = net.arms[v].map((arm) => home + arm.step);
      const through = (i, j, n, least) => {
        const found = [];
        ringsThrough(net, [home, ends[i]], ends[j], n, least, budget, found);
        return found;
      };
      const hasSmaller = (i, j) => {
        for (let n = 3; n < size; n += 1) if (through(i, j, n, false).length) return true;
        return false;
      };
      for (let i = 0; i < ends.length; i += 1) {
        for (let j = i + 1; j < ends.length; j += 1) {
          if (smallest && hasSmaller(i, j)) continue;
          for (const ring of through(i, j, size, !smallest)) distinct.set(ringName(net, ring), ring);
        }
      }
    }
    const rings = [...distinct.values()].map((ring) => cornersOf(net, ring));
    net.rings.set(name, { rings, complete: budget.steps <= MAX_STEPS });
    return net.rings.get(name);
  }

  function cornersOf(net, ring) {
    const corners = ring.map((node) => {
      const i = node % net.n;
      let rest = (node - i) / net.n;
      return net.frac[i].map((x) => {
        const shift = (rest % WIDTH) - WIDTH / 2;
        rest = Math.floor(rest / WIDTH);
        return x + shift;
      });
    });
    const home = [0, 1, 2].map((k) => Math.floor(corners.reduce((sum, c) => sum + c[k], 0) / corners.length + 1e-3));
    return corners.map((c) => c.map((x, k) => x - home[k]));
  }

  return { decode, cartesian, row, dot, cross, norm, ringsOf };
})();

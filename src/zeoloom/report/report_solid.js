// What fills space around a net: the atoms to draw over the cell's boundaries, and its largest cavities.
"use strict";
const Solid = (() => {
  const EDGE = 1e-3; // of a cell: atoms so near to a face are drawn on both sides
  const ATOM_RADIUS = 1.35; // Å, of T and O, as pores are measured
  const GRID_POINTS = 8000;
  const MOST_CLIMBS = 80;

  // Atoms of `times`^3 cells with those on the outer faces; bonds that leave end half-way, or at
  // their oxygen. atoms: { kind: "T" | "O" | "end", site, at }, bonds: [i, j].
  function drawing(net, times, oxygen) {
    const atoms = [];
    const bonds = [];
    const number = new Map();
    const cells = Array.from({ length: times + 2 }, (_, k) => k - 1);
    const name = (i, c) => `${i},${c.join()}`;
    const inside = (x) => x >= -EDGE && x <= times + EDGE;
    const put = (kind, site, frac) => atoms.push({ kind, site, at: Nets.cartesian(net.cell, frac) }) - 1;
    net.frac.forEach((frac, i) => {
      for (const a of cells) for (const b of cells) for (const c of cells) {
        const place = [frac[0] + a, frac[1] + b, frac[2] + c];
        if (place.every(inside)) number.set(name(i, [a, b, c]), [put("T", net.sites[i], place), i, [a, b, c]]);
      }
    });
    for (const [self, [atom, i, cell]] of number) {
      for (const { head, shift, o } of net.arms[i]) {
        const target = name(head, cell.map((c, k) => c + shift[k]));
        const other = number.get(target);
        if (other && target < self) continue; // drawn from its other end
        const place = (frac) => frac.map((x, k) => x + cell[k]);
        if (oxygen && o) {
          const middle = put("O", -1, place(o));
          bonds.push([atom, middle]);
          if (other) bonds.push([middle, other[0]]);
        } else if (other) bonds.push([atom, other[0]]);
        else {
          const half = net.frac[i].map((x, k) => (x + net.frac[head][k] + shift[k]) / 2);
          bonds.push([atom, put("end", -1, place(half))]);
        }
      }
    }
    return { atoms, bonds };
  }

  // The twelve edges of one cell, as pairs of corners.
  function cellEdges(cell) {
    const corner = (bits) => Nets.cartesian(cell, [bits & 1, (bits >> 1) & 1, (bits >> 2) & 1]);
    const edges = [];
    for (let one = 0; one < 8; one += 1) {
      for (const bit of [1, 2, 4]) if (!(one & bit)) edges.push([corner(one), corner(one | bit)]);
    }
    return edges;
  }

  // Distances between opposite faces.
  function spacings(cell) {
    const [a, b, c] = [0, 1, 2].map((k) => Nets.row(cell, k));
    const volume = Math.abs(Nets.dot(a, Nets.cross(b, c)));
    return [Nets.cross(b, c), Nets.cross(c, a), Nets.cross(a, b)].map((face) => volume / Nets.norm(face));
  }

  // Every T and O atom of the cell and of those around it, up to `reach` Å outside.
  function atomsAround(net, reach) {
    const home = [...net.frac, ...net.bonds.filter((bond) => bond.o).map((bond) => bond.o.map((x) => x - Math.floor(x)))];
    const pad = spacings(net.cell).map((spacing) => reach / spacing);
    const steps = pad.map((p) => Array.from({ length: 2 * Math.ceil(p) + 3 }, (_, k) => k - Math.ceil(p) - 1));
    const places = [];
    for (const frac of home) {
      for (const a of steps[0]) for (const b of steps[1]) for (const c of steps[2]) {
        const place = [frac[0] + a, frac[1] + b, frac[2] + c];
        if (place.every((x, k) => x >= -pad[k] && x <= 1 + pad[k])) places.push(Nets.cartesian(net.cell, place));
      }
    }
    return Float64Array.from(places.flat());
  }

  // Radius of the largest sphere around a place that touches no atom.
  function freeRadius(atoms, [x, y, z]) {
    let least = Infinity;
    for (let i = 0; i < atoms.length; i += 3) {
      const square = (atoms[i] - x) ** 2 + (atoms[i + 1] - y) ** 2 + (atoms[i + 2] - z) ** 2;
      if (square < least) least = square;
    }
    return Math.sqrt(least) - ATOM_RADIUS;
  }

  const WAYS = [];
  for (const a of [-1, 0, 1]) for (const b of [-1, 0, 1]) for (const c of [-1, 0, 1]) if (a || b || c) WAYS.push([a, b, c]);

  // The atoms within `reach` Å of a place.
  function atomsNear(atoms, [x, y, z], reach) {
    const near = [];
    for (let i = 0; i < atoms.length; i += 3) {
      const square = (atoms[i] - x) ** 2 + (atoms[i + 1] - y) ** 2 + (atoms[i + 2] - z) ** 2;
      if (square < reach * reach) near.push(atoms[i], atoms[i + 1], atoms[i + 2]);
    }
    return near;
  }

  // Uphill from a place, in ever smaller steps along the axes and the diagonals.
  function climb(atoms, start, step) {
    let at = start;
    let radius = freeRadius(atoms, at);
    let from = at;
    const leash = 2 * step; // so far the atoms nearby are the nearest ones
    let near = atomsNear(atoms, at, radius + ATOM_RADIUS + 2 * leash + step);
    for (let size = step; size > 0.005;) {
      let better = null;
      for (const way of WAYS) {
        const there = at.map((x, k) => x + size * way[k]);
        const free = freeRadius(near, there);
        if (free > radius + 1e-6) { radius = free; better = there; }
      }
      if (!better) size /= 2;
      else at = better;
      if (Nets.norm(at.map((x, k) => x - from[k])) > leash - 2 * size) {
        from = at;
        near = atomsNear(atoms, at, radius + ATOM_RADIUS + 2 * leash + step);
      }
    }
    return { at, radius };
  }

  // The largest sphere that fits between the atoms, and those equal to it: { frac, radius } in one cell.
  function largestCavities(net) {
    if (net.cavities) return net.cavities;
    const space = spacings(net.cell);
    const step = Math.max(0.6, Math.cbrt(space[0] * space[1] * space[2] / GRID_POINTS));
    const counts = space.map((spacing) => Math.max(2, Math.ceil(spacing / step)));
    const atoms = atomsAround(net, 10);
    const grid = [];
    for (let a = 0; a < counts[0]; a += 1) for (let b = 0; b < counts[1]; b += 1) for (let c = 0; c < counts[2]; c += 1) {
      const frac = [a / counts[0], b / counts[1], c / counts[2]];
      grid.push({ frac, radius: freeRadius(atoms, Nets.cartesian(net.cell, frac)) });
    }
    grid.sort((one, other) => other.radius - one.radius);
    // the middle of the sphere is less than a step from a point of the grid, and as far less deep
    const inverse = fractional(net.cell);
    const tops = [];
    const tried = [];
    for (const { frac, radius } of grid) {
      if (radius < grid[0].radius - step || tops.length >= MOST_CLIMBS) break;
      if (tried.some((other) => apart(net, frac, other) < 1.1 * step)) continue;
      tried.push(frac);
      tops.push(climb(atoms, Nets.cartesian(net.cell, frac), step / 2));
    }
    const most = Math.max(...tops.map((top) => top.radius));
    const distinct = [];
    for (const { at, radius } of tops) {
      if (radius < most - 0.05) continue;
      const frac = inverse(at).map((x) => { const y = x - Math.floor(x); return y > 1 - 5 * EDGE || y < 5 * EDGE ? 0 : y; });
      if (distinct.every((other) => apart(net, frac, other.frac) > 0.7)) distinct.push({ frac, radius });
    }
    net.cavities = distinct;
    return distinct;
  }

  // Å between places in the cell, by the nearest copy; near enough where they are close.
  const apart = (net, one, other) =>
    Nets.norm(Nets.cartesian(net.cell, one.map((x, k) => x - other[k] - Math.round(x - other[k]))));

  // Cartesian to fractional.
  function fractional(cell) {
    const [a, b, c] = [0, 1, 2].map((k) => Nets.row(cell, k));
    const volume = Nets.dot(a, Nets.cross(b, c));
    const faces = [Nets.cross(b, c), Nets.cross(c, a), Nets.cross(a, b)];
    return (at) => faces.map((face) => Nets.dot(face, at) / volume);
  }

  return { EDGE, drawing, cellEdges, largestCavities };
})();

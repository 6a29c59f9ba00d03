// The data of one framework, unpacked, and repeated over as many cells as are drawn. Bonds, rings and
// cavities come with the data; here they are only moved by whole cells and put where they are drawn.
"use strict";
const Crystal = (() => {
  const EDGE = 1e-3; // of a cell: atoms so near to a face are drawn on both sides

  const bytesOf = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const integers = (text) => new Int16Array(bytesOf(text).buffer);
  const bits = (text) => [...bytesOf(text)].flatMap((byte) => [7, 6, 5, 4, 3, 2, 1, 0].map((k) => (byte >> k) & 1));
  const triples = (numbers) => Array.from({ length: numbers.length / 3 }, (_, i) => [...numbers.slice(3 * i, 3 * i + 3)]);

  // Fractional coordinates in terms of the rows of a matrix of nine numbers: of the cell in Å, say.
  const along = (rows, f) => [0, 1, 2].map((k) => f[0] * rows[k] + f[1] * rows[3 + k] + f[2] * rows[6 + k]);
  const row = (rows, k) => rows.slice(3 * k, 3 * k + 3);
  const plus = (a, b) => a.map((x, k) => x + b[k]);

  // Record of the page's data to what is drawn; see `report_data.py`.
  // bonds: { tail, head, shift, o }, o being the oxygen seen from the tail, or null.
  // arms[i]: { head, shift, o } for every bond of atom i, seen from it, in the order of the bonds.
  function decode(record, fraction) {
    const fractions = (text) => triples(integers(text)).map((f) => f.map((x) => x / fraction));
    const frac = fractions(record.t);
    const oxygen = fractions(record.o);
    const flat = integers(record.bonds);
    const bonds = Array.from({ length: flat.length / 5 }, (_, e) => {
      const [tail, head, ...shift] = flat.slice(5 * e, 5 * e + 5);
      return { tail, head, shift, o: oxygen[e] || null };
    });
    const arms = frac.map(() => []);
    for (const { tail, head, shift, o } of bonds) {
      const back = shift.map((s) => -s);
      arms[tail].push({ head, shift, o });
      arms[head].push({ head: tail, shift: back, o: o && plus(o, back) });
    }
    return { ...record, frac, bonds, arms, sites: [...integers(record.sites)], cavities: fractions(record.cavities) };
  }

  // The corners of the rings of one record, fractional, each ring with its middle in cell zero.
  function ringCorners(crystal, { size, starts, steps }) {
    const bytes = bytesOf(steps);
    let at = 0; // of the steps, of two bits each
    return [...integers(starts)].map((start) => {
      const corners = [];
      let [atom, cell] = [start, [0, 0, 0]];
      for (let k = 0; k < size; k += 1) {
        corners.push(plus(crystal.frac[atom], cell));
        const { head, shift } = crystal.arms[atom][(bytes[at >> 2] >> (2 * (at & 3))) & 3];
        [atom, cell] = [head, plus(cell, shift)];
        at += 1;
      }
      const home = [0, 1, 2].map((k) => Math.floor(corners.reduce((sum, c) => sum + c[k], 0) / size + EDGE));
      return corners.map((corner) => corner.map((x, k) => x - home[k]));
    });
  }

  function* cellsBetween(first, last) {
    for (let a = first; a <= last; a += 1) {
      for (let b = first; b <= last; b += 1) for (let c = first; c <= last; c += 1) yield [a, b, c];
    }
  }

  // T atoms of times^3 cells and on their outer faces, by their names: { index, atom, cell, frac }.
  function repeatedAtoms(crystal, times) {
    const named = new Map();
    crystal.frac.forEach((home, atom) => {
      for (const cell of cellsBetween(-1, times)) {
        const frac = plus(home, cell);
        if (frac.every((x) => x >= -EDGE && x <= times + EDGE)) named.set(`${atom},${cell}`, { index: named.size, atom, cell, frac });
      }
    });
    return named;
  }

  // Atoms and bonds of times^3 cells. Bonds that leave them end half-way, or at their oxygen.
  // atoms: { kind: "T" | "O" | "end", site, at }, bonds: [i, j].
  function drawing(crystal, times, oxygen) {
    const named = repeatedAtoms(crystal, times);
    const put = (kind, site, frac) => atoms.push({ kind, site, at: along(crystal.cell, frac) }) - 1;
    const atoms = [];
    const bonds = [];
    for (const { atom, frac } of named.values()) put("T", crystal.sites[atom], frac);
    for (const [name, { index, atom, cell, frac }] of named) {
      for (const { head, shift, o } of crystal.arms[atom]) {
        const target = `${head},${plus(cell, shift)}`;
        const other = named.get(target);
        if (other && target < name) continue; // drawn from its other end
        if (oxygen && o) {
          const middle = put("O", -1, plus(o, cell));
          bonds.push([index, middle]);
          if (other) bonds.push([middle, other.index]);
        } else if (other) bonds.push([index, other.index]);
        else {
          const end = plus(plus(crystal.frac[head], cell), shift);
          bonds.push([index, put("end", -1, frac.map((x, k) => (x + end[k]) / 2))]);
        }
      }
    }
    return { atoms, bonds };
  }

  // Where copies of a fractional position are drawn in times^3 cells, those on outer faces included.
  function* copies(frac, times) {
    for (const cell of cellsBetween(0, times)) {
      const copy = plus(frac, cell);
      if (copy.every((x) => x <= times + EDGE)) yield copy;
    }
  }

  // The twelve edges of one cell, as pairs of corners.
  function cellEdges(cell) {
    const corner = (bits) => along(cell, [bits & 1, (bits >> 1) & 1, (bits >> 2) & 1]);
    const edges = [];
    for (let one = 0; one < 8; one += 1) {
      for (const bit of [1, 2, 4]) if (!(one & bit)) edges.push([corner(one), corner(one | bit)]);
    }
    return edges;
  }

  return { integers, bits, decode, along, row, plus, ringCorners, cellsBetween, drawing, copies, cellEdges };
})();

// The columns, and which frameworks are shown in which order.
"use strict";
const Table = (() => {
  const yesNo = (value) => (value === null || value === undefined ? null : value ? "yes" : "no");
  const fixed = (digits) => (value) => value.toFixed(digits);

  // key; head and unit of the column; name in full, if that is another; value, how it is written and
  // by what it is sorted, if not by itself. Numbers are aligned right and sorted as numbers.
  const columns = [
    { key: "name", head: "Name", of: (f) => f.name },
    { key: "type", head: "Type", of: (f) => f.type || null },
    { key: "energy", head: "Energy", unit: "kJ/mol", name: "Energy above quartz", of: (f) => f.energy, write: fixed(1) },
    { key: "likeness", head: "Likeness", name: "Likeness to made zeolites", of: (f) => f.likeness, write: fixed(2) },
    { key: "rDls", head: "R_DLS", of: (f) => f.rDls, write: fixed(4) },
    { key: "density", head: "Density", unit: "T/1000 Å³", name: "Framework density", of: (f) => f.density, write: fixed(1) },
    { key: "group", head: "Space group", of: (f) => f.group || null },
    { key: "nT", head: "T atoms", unit: "in the cell", name: "T atoms in the cell", of: (f) => f.nT, write: String },
    { key: "unique", head: "T atoms", unit: "unique", name: "T atoms, unique", of: (f) => f.unique, write: String },
    { key: "rings", head: "Rings", name: "Smallest rings", of: (f) => (f.rings.length ? f.rings.join(" ") : null), sort: (f) => (f.rings.length ? Math.max(...f.rings) : null) },
    { key: "units", head: "Units", name: "Composite building units", of: (f) => f.units.join(" ") || null },
    { key: "included", head: "Included sphere", unit: "Å", name: "Largest included sphere", of: (f) => f.included, write: fixed(2) },
    { key: "free", head: "Free sphere", unit: "Å", name: "Largest free sphere", of: (f) => f.free, write: fixed(2) },
    { key: "volume", head: "Accessible", unit: "% of volume", name: "Accessible volume", of: (f) => (f.volume === null ? null : 100 * f.volume), write: fixed(1) },
    { key: "surface", head: "Surface", unit: "m²/g", name: "Accessible surface", of: (f) => f.surface, write: fixed(0) },
    { key: "poreSize", head: "Pore size", unit: "Å, median", name: "Median pore size", of: (f) => f.poreSize, write: fixed(2) },
    { key: "poreDistribution", head: "Pore sizes", unit: "share of pores", name: "Pore size distribution", of: (f) => f.poreDistribution.join("; ") || null },
    { key: "channels", head: "Channels", unit: "dimensions", name: "Channel dimensions", of: (f) => f.channels, write: String },
    { key: "window", head: "Window", unit: "T atoms", name: "Largest window", of: (f) => f.window, write: String },
    { key: "windows", head: "Channels", unit: "window, direction", name: "Channels, window and direction", of: (f) => f.windows.join("; ") || null },
    { key: "henryCh4", head: "Henry CH4", unit: "mol/kg bar", name: "Henry coefficient of CH4", of: (f) => f.henryCh4, write: fixed(3) },
    { key: "heatCh4", head: "Heat CH4", unit: "kJ/mol", name: "Heat of adsorption of CH4", of: (f) => f.heatCh4, write: fixed(1) },
    { key: "henryCo2", head: "Henry CO2", unit: "mol/kg bar", name: "Henry coefficient of CO2", of: (f) => f.henryCo2, write: fixed(3) },
    { key: "heatCo2", head: "Heat CO2", unit: "kJ/mol", name: "Heat of adsorption of CO2", of: (f) => f.heatCo2, write: fixed(1) },
    { key: "aboveLine", head: "Above line", unit: "kJ/mol", name: "Energy above the line of known types", of: (f) => f.aboveLine, write: fixed(1) },
    { key: "relaxedDensity", head: "Density", unit: "relaxed", name: "Framework density, relaxed", of: (f) => f.relaxedDensity, write: fixed(1) },
    { key: "feasible", head: "Feasible", of: (f) => yesNo(f.feasible) },
    { key: "likeMade", head: "Like made", of: (f) => yesNo(f.likeMade) },
    { key: "lid", head: "Local distances", of: (f) => (f.lid === null ? null : f.lid ? "pass" : "fail") },
    { key: "nearest", head: "Nearest type", of: (f) => f.nearest || null },
    { key: "nearestBy", head: "Distance", unit: "Å, to it", name: "Distance to the nearest type", of: (f) => f.nearestBy, write: fixed(2) },
    { key: "family", head: "Family", of: (f) => f.family || null },
    { key: "more", head: "More", unit: "of its family", name: "More of its family", of: (f) => f.more || null, write: String },
    { key: "found", head: "Found", unit: "times", name: "Found, times", of: (f) => f.found, write: String },
    { key: "knownAs", head: "Known as", of: (f) => f.knownAs || null },
    { key: "valid", head: "Valid", of: (f) => yesNo(f.valid) },
    { key: "remark", head: "Remark", of: (f) => [f.reason, f.energyStatus].filter(Boolean).join("; ") || null },
    { key: "notices", head: "Notices", name: "Notices of the reader", of: (f) => f.notices.join("; ") || null },
  ];
  const column = (key) => columns.find((each) => each.key === key);
  const written = (each, framework) => {
    const value = each.of(framework);
    return value === null || value === undefined ? null : each.write ? each.write(value) : value;
  };

  // Indices of frameworks in the order of a column; what is unknown comes last in both directions.
  function sorted(frameworks, indices, key, descending) {
    const each = column(key);
    const value = each.sort || each.of;
    const values = new Map(indices.map((i) => [i, value(frameworks[i])]));
    const sign = descending ? -1 : 1;
    const collator = new Intl.Collator(undefined, { numeric: true });
    return [...indices].sort((i, j) => {
      const [a, b] = [values.get(i), values.get(j)];
      const [noA, noB] = [a === null || a === undefined, b === null || b === undefined];
      if (noA || noB) return noA - noB || i - j;
      return sign * (typeof a === "number" ? a - b : collator.compare(a, b)) || i - j;
    });
  }

  // Every word of the text must be found; "8-ring" and the like look for rings.
  function matches(f, { text, net, energy, valid, lid }) {
    if (net && (net === "new") !== f.new) return false;
    if (net === "known" && !f.valid) return false;
    if (energy && f[energy] !== true) return false;
    if (valid && (valid === "yes") !== f.valid) return false;
    if (lid && (f.lid === null || (lid === "yes") !== f.lid)) return false;
    if (!text.length) return true;
    const words = [...f.units, f.name, f.file, f.key, f.family, f.type, f.knownAs, f.group, f.reason, f.energyStatus, ...f.notices].join(" ").toLowerCase();
    return text.every((word) => {
      const ring = /^(\d+)-rings?$/.exec(word);
      return ring ? f.rings.includes(Number(ring[1])) : words.includes(word);
    });
  }

  function writeHead(row, sortBy, choose) {
    row.replaceChildren(...columns.map((each) => {
      const cell = document.createElement("th");
      cell.scope = "col";
      if (each.write) cell.className = "number";
      cell.setAttribute("aria-sort", each.key !== sortBy.key ? "none" : sortBy.descending ? "descending" : "ascending");
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.key = each.key;
      const head = document.createElement("b");
      head.textContent = each.head;
      button.append(head);
      if (each.unit) {
        const unit = document.createElement("span");
        unit.textContent = each.unit;
        button.append(" ", unit);
      }
      button.onclick = () => choose(each.key);
      cell.append(button);
      return cell;
    }));
  }

  function rowOf(frameworks, i, select) {
    const row = document.createElement("tr");
    row.dataset.index = i;
    for (const each of columns) {
      const cell = row.insertCell();
      const text = written(each, frameworks[i]);
      cell.className = [each.write ? "number" : "text", text === null ? "blank" : ""].join(" ").trim();
      if (each.key === "name") {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = text;
        cell.append(button);
      } else cell.textContent = text === null ? "\u2013" : text;
      if (!each.write && text && text.length > 16) cell.title = text;
    }
    row.onclick = () => select(i);
    return row;
  }

  return { columns, column, written, sorted, matches, writeHead, rowOf };
})();

// The selected framework: its verdict and properties, the choice of what the picture shows, its CIF.
"use strict";
const Selected = (() => {
  const { byId, element } = Tools;
  const PROPERTIES = ["e2", "rDlsCell", "rWp", "energy", "aboveLine", "likeness", "rDls", "density", "relaxedDensity", "group", "cell", "nT", "unique", "rings", "units", "included", "free", "volume",
    "surface", "poreSize", "poreDistribution", "channels", "windows", "henryCh4", "heatCh4", "henryCo2", "heatCo2", "lid", "nearest", "nearestBy", "family", "more", "found", "key", "file", "notices"];

  const UNITS = { energy: "kJ/mol", density: "T/1000 Å³", relaxedDensity: "T/1000 Å³", included: "Å", free: "Å", nearestBy: "Å", surface: "m²/g", poreSize: "Å", aboveLine: "kJ/mol", henryCh4: "mol/(kg bar)", heatCh4: "kJ/mol", henryCo2: "mol/(kg bar)", heatCo2: "kJ/mol", volume: "%" };

  // a b c, then the angles that are not right angles.
  function cellText({ cell }) {
    if (!cell) return null;
    const angles = ["α", "β", "γ"].map((name, k) => [name, cell[3 + k]]).filter(([, angle]) => Math.abs(angle - 90) > 0.005);
    const lengths = cell.slice(0, 3).map((length) => length.toFixed(2)).join(" × ");
    return [`${lengths} Å`, ...angles.map(([name, angle]) => `${name} ${angle.toFixed(2)}°`)].join(", ");
  }

  // What is no column of the table: name, and text or null.
  const OTHERS = {
    e2: ["E2", (f) => f.e2?.toFixed(3) ?? null],
    rDlsCell: ["R_DLS, cell held", (f) => f.rDlsCell?.toFixed(4) ?? null],
    rWp: ["R of the data", (f) => f.rWp?.toFixed(3) ?? null],
    cell: ["Unit cell", cellText],
    key: ["Key of the net", (f) => f.key || null],
    file: ["File", (f) => f.file || null],
  };

  // Term and description of one property; nothing if it is not known.
  function property(f, key) {
    const column = Table.column(key);
    const [name, value] = column ? [column.name || column.head, Table.written(column, f)] : [OTHERS[key][0], OTHERS[key][1](f)];
    if (value === null) return [];
    const unit = UNITS[key] ? ` ${UNITS[key]}` : "";
    return [element("dt", name), element("dd", value + unit)];
  }

  // Sizes of rings, with how many there are in the cell. The smallest rings at some angle of the net
  // are the windows of its pores; the others lead around cages.
  function writeRingChoices(rings) {
    const kept = byId("rings").value;
    const group = (name, listed) => {
      const made = element("optgroup");
      made.label = name;
      made.append(...listed.map(({ size, count }) => new Option(`${size} (${count})`, size)));
      return made;
    };
    const groups = [["smallest at an angle", true], ["other sizes", false]]
      .map(([name, smallest]) => [name, rings.filter((each) => each.smallest === smallest)])
      .filter(([, listed]) => listed.length);
    byId("rings").replaceChildren(new Option("none", "0"), ...groups.map(([name, listed]) => group(name, listed)));
    byId("rings").value = rings.some(({ size }) => String(size) === kept) ? kept : "0";
  }

  // f may be missing: there are reports without frameworks.
  function write(f, isFirst, isLast) {
    byId("name").textContent = f ? f.name : "No frameworks";
    byId("verdict").textContent = f ? f.verdict : "Nothing was judged, so there is nothing to show.";
    byId("download").disabled = !f?.cif;
    byId("previous").disabled = isFirst;
    byId("next").disabled = isLast;
    byId("properties").replaceChildren(...(f ? PROPERTIES.flatMap((key) => property(f, key)) : []));
    writeRingChoices(f?.net?.rings || []);
    byId("stage").setAttribute("aria-label", f ? `${f.name} in three dimensions` : "Nothing to show");
  }

  // What the rings and pores in the picture are.
  function note(crystal, rings, pores, density) {
    if (!crystal || document.documentElement.dataset.flat) return "";
    const parts = [];
    if (rings) parts.push(`${Head.number(rings.count)} ${rings.size}-ring${rings.count === 1 ? "" : "s"} in the cell`);
    if (pores) parts.push(`largest sphere ${crystal.diameter.toFixed(2)} Å across, ${crystal.cavities.length} in the cell`);
    if (density) parts.push(`density beyond the framework above ${density.level.toFixed(2)} per Å³ (${density.sigmas} σ; highest ${density.highest.toFixed(2)}), in the measured cell`);
    return parts.join("; ");
  }

  function writeSites(crystal) {
    const labels = crystal && byId("colour").value === "site" ? crystal.labels : [];
    byId("sites").hidden = !labels.length;
    byId("sites").replaceChildren(...labels.map((name, site) => {
      const item = element("li");
      item.append(Head.dot(Viewer.siteColour(site)), name);
      return item;
    }));
  }

  // density: of the page's maps, or null.
  function draw(crystal, density) {
    const size = Number(byId("rings").value);
    const rings = crystal?.rings.find((each) => each.size === size) || null;
    const pores = byId("pores").checked;
    const text = note(crystal, rings, pores, density);
    const describe = (pointed) => { byId("readout").textContent = pointed || text; };
    Viewer.draw(crystal, {
      times: Number(byId("supercell").value), oxygen: byId("oxygen").checked, cell: byId("cell").checked,
      pores, bySite: byId("colour").value === "site", rings, density, describe,
    });
    describe("");
    writeSites(crystal);
  }

  // operations: texts that several CIFs share; see `report_data.py`.
  function download(f, operations) {
    if (!f?.cif) return;
    const [before, number, after] = f.cif;
    const link = element("a");
    link.href = URL.createObjectURL(new Blob([before, operations[number], after], { type: "chemical/x-cif" }));
    link.download = `${f.name.replace(/[^\w.-]+/g, "_") || "framework"}.cif`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  return { write, draw, download };
})();

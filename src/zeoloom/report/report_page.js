// The page: what is selected, filtered and sorted, and the controls that change it.
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const { frameworks, limits, statistics } = data;
  const CARDS = 24;
  const ROWS = 100;
  const NARROWEST_PLOT = 240; // pixels
  const GAP = 24;
  const FEW_FACTS = 6; // more are folded away
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

  let selected = frameworks.length ? 0 : -1;
  let order = []; // indices of the frameworks shown, sorted
  let sortBy = { key: null, descending: false }; // null: best first, as they come
  let asTable = false;
  let shown = 0; // of `order`, so far
  let map = null;
  let spinning = false;

  const nets = new Map();
  function netOf(index) {
    const record = frameworks[index]?.net;
    if (!record) return null;
    if (!nets.has(index)) nets.set(index, Nets.decode(record, data.fraction));
    return nets.get(index);
  }
  const watcher = Gallery.watcher((canvas) => netOf(Number(canvas.dataset.index)));

  function element(name, text, className) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  // ---- head ------------------------------------------------------------------------------------

  const number = (value) => value.toLocaleString("en");
  const seconds = (value) => (value >= 7200 ? `${(value / 3600).toFixed(1)} h` : value >= 120 ? `${(value / 60).toFixed(1)} min`
    : `${value.toFixed(value < 10 ? 1 : 0)} s`);
  const share = (part, whole) => {
    const percent = (100 * part) / whole;
    return `${percent.toFixed(percent >= 10 || percent === 0 ? 0 : percent < 1 ? 2 : 1)} %`;
  };

  function writeHead() {
    byId("run").hidden = !data.facts.length;
    byId("run").open = data.facts.length <= FEW_FACTS;
    byId("facts").replaceChildren(...data.facts.map(([name, value]) => {
      const box = element("div");
      box.append(element("dt", name), element("dd", value));
      return box;
    }));
    const first = data.counts.length ? data.counts[0] : null;
    byId("funnel").replaceChildren(...data.counts.map(([name, count], i) => {
      const step = element("li");
      const bar = element("i");
      const filled = element("b");
      filled.style.width = `${first[1] ? Math.min(100, (100 * count) / first[1]) : 0}%`;
      bar.append(filled);
      step.append(element("span", name, "soft"), element("strong", number(count)));
      // a walk meets many nets, so there may be more of them than were tried
      const part = count > first[1] ? `${(count / first[1]).toFixed(1)} × ${first[0]}` : `${share(count, first[1])} of ${first[0]}`;
      step.append(element("span", i && first[1] ? part : "\u00a0", "soft"), bar);
      return step;
    }));
    const total = data.seconds.reduce((sum, [, spent]) => sum + spent, 0);
    byId("stages").hidden = !total;
    // one hue, from dark to light: the order of the stages is what counts
    const shade = (i) => `color-mix(in srgb, var(--accent) ${Math.round(100 - (70 * i) / Math.max(1, data.seconds.length - 1))}%, var(--line))`;
    byId("stage-bar").replaceChildren(...data.seconds.map(([, spent], i) => {
      const part = element("span");
      part.style.cssText = `flex: ${spent} 0 0; background: ${shade(i)}`;
      return part;
    }));
    byId("stage-list").replaceChildren(...data.seconds.map(([name, spent], i) => {
      const item = element("li");
      const dot = element("span", undefined, "dot");
      dot.style.background = shade(i);
      item.append(dot, `${name} `, element("b", seconds(spent)));
      return item;
    }));
  }

  // ---- the selected framework --------------------------------------------------------------------

  function verdictOf(f) {
    if (!f.valid) return `Not valid${f.reason ? `: ${f.reason}` : ""}`;
    const kind = f.new ? "New net" : f.knownAs && f.type === "new" ? `Known as ${f.knownAs}` : `Known net, type ${f.type}`;
    const energy = f.likeMade ? "as stable as silica zeolites made so far" : f.feasible ? "feasible" : f.feasible === false ? "not feasible" : "";
    return [kind, energy].filter(Boolean).join(", ") + (f.reason ? `. ${f.reason}` : "");
  }

  const ABOUT = ["energy", "rDls", "density", "group", "cell", "nT", "unique", "rings", "included", "free", "volume", "channels", "lid", "found", "key", "file"];

  // a b c, then the angles that are not right ones.
  function cellText(f) {
    if (!f.net) return null;
    const axes = [0, 1, 2].map((k) => Nets.row(f.net.cell, k));
    const angles = [[1, 2, "α"], [0, 2, "β"], [0, 1, "γ"]].map(([i, j, name]) =>
      [name, (Math.acos(Nets.dot(axes[i], axes[j]) / (Nets.norm(axes[i]) * Nets.norm(axes[j]))) * 180) / Math.PI]);
    const odd = angles.filter(([, angle]) => Math.abs(angle - 90) > 0.005).map(([name, angle]) => `${name} ${angle.toFixed(2)}°`);
    return [`${axes.map((axis) => Nets.norm(axis).toFixed(2)).join(" × ")} Å`, ...odd].join(", ");
  }

  const OTHER_RINGS = [5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 18, 20];
  const PLAIN = {
    cell: ["Cell", cellText], key: ["Key", (f) => f.key || null], file: ["File", (f) => f.file || null],
  };

  // The smallest rings at its angles are known; whether there are others is seen when asked.
  function writeRingChoices(sizes) {
    const kept = byId("rings").value;
    const group = (name, listed) => {
      const made = element("optgroup");
      made.label = name;
      made.append(...listed.map((n) => new Option(`${n}-rings`, n)));
      return made;
    };
    const others = OTHER_RINGS.filter((n) => sizes.length && n > sizes[0] && !sizes.includes(n));
    byId("rings").replaceChildren(new Option("none", "0"), group("smallest at the angles", sizes), group("other sizes", others));
    byId("rings").value = [...sizes, ...others].includes(Number(kept)) ? kept : "0";
  }

  function writeSelected() {
    const f = frameworks[selected];
    byId("name").textContent = f ? f.name : "No frameworks";
    byId("verdict").textContent = f ? verdictOf(f) : "Nothing was judged, so there is nothing to show.";
    byId("download").disabled = !f?.cif;
    const at = order.indexOf(selected);
    byId("previous").disabled = at <= 0;
    byId("next").disabled = at < 0 ? !order.length : at >= order.length - 1;
    byId("properties").replaceChildren(...ABOUT.flatMap((key) => {
      const plain = PLAIN[key];
      const each = plain ? { head: plain[0] } : Table.column(key);
      const value = !f ? null : plain ? plain[1](f) : Table.written(each, f);
      if (value === null) return [];
      const unit = { volume: " %", channels: "" }[key] ?? (each.unit && /Å|mol/.test(each.unit) ? ` ${each.unit}` : "");
      const head = each.unit && !unit && key !== "channels" ? `${each.head}, ${each.unit}` : each.head;
      return [element("dt", head), element("dd", value + unit)];
    }));
    writeRingChoices(f?.rings || []);
    byId("stage").setAttribute("aria-label", f ? `${f.name} in three dimensions` : "Nothing to show");
    map?.choose(selected);
  }

  function drawSelected() {
    const net = netOf(selected);
    const size = Number(byId("rings").value);
    const rings = size ? { size, smallest: frameworks[selected].rings.includes(size) } : null;
    const bySite = byId("colour").value === "site";
    Viewer.draw(net, {
      times: Number(byId("supercell").value), oxygen: byId("oxygen").checked, cell: byId("cell").checked,
      pores: byId("pores").checked, bySite, rings, tell: (text) => { byId("readout").textContent = text || note(net, rings); },
    });
    byId("readout").textContent = note(net, rings);
    byId("sites").hidden = !bySite || !net;
    byId("sites").replaceChildren(...(net && bySite ? net.labels : []).map((name, site) => {
      const item = element("li");
      const dot = element("span", undefined, "dot");
      dot.style.background = Viewer.siteColour(site);
      item.append(dot, name);
      return item;
    }));
  }

  // What the rings and pores in the picture are.
  function note(net, wanted) {
    if (!net || document.documentElement.dataset.flat) return "";
    const told = [];
    if (wanted) {
      const { size, smallest } = wanted;
      const { rings, complete } = Nets.ringsOf(net, size, smallest);
      told.push(`${rings.length || "no"} ${size}-ring${rings.length === 1 ? "" : "s"} in the cell${complete ? "" : ", too many to find all"}`);
    }
    if (byId("pores").checked) {
      const cavities = Solid.largestCavities(net);
      told.push(`largest sphere ${(2 * cavities[0].radius).toFixed(2)} Å across, ${cavities.length} in the cell`);
    }
    return told.join("; ");
  }

  function select(index, move) {
    if (!frameworks[index]) return;
    selected = index;
    writeSelected();
    drawSelected();
    Viewer.reset(byId("stage"));
    markSelected();
    // where the picture is above the list, not beside it, go there
    if (move && matchMedia("(max-width: 1060px)").matches) {
      byId("selected").scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
    }
  }

  function markSelected() {
    for (const card of byId("gallery").children) card.setAttribute("aria-pressed", String(Number(card.dataset.index) === selected));
    for (const row of byId("rows").children) row.setAttribute("aria-selected", String(Number(row.dataset.index) === selected));
  }

  function step(by) {
    const at = order.indexOf(selected);
    const next = order[at < 0 ? 0 : at + by];
    if (next !== undefined) select(next);
  }

  function cifOf(f) {
    const [before, operations, after] = f.cif;
    return before + data.operations[operations] + after;
  }

  function download() {
    const f = frameworks[selected];
    if (!f?.cif) return;
    const link = element("a");
    link.href = URL.createObjectURL(new Blob([cifOf(f)], { type: "chemical/x-cif" }));
    link.download = `${f.name.replace(/[^\w.-]+/g, "_") || "framework"}.cif`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  // ---- list --------------------------------------------------------------------------------------

  function tagOf(f) {
    if (!f.valid) return ["not valid", "bad"];
    return f.new ? ["new", "new"] : [f.type === "new" ? f.knownAs : f.type, "old"];
  }

  function cardOf(index) {
    const f = frameworks[index];
    const card = element("button", undefined, "card");
    card.type = "button";
    card.dataset.index = index;
    if (f.net) {
      const canvas = element("canvas");
      canvas.dataset.index = index;
      card.append(canvas);
      watcher.add(canvas);
    } else card.append(element("span", "no picture", "none"));
    const about = element("span", undefined, "about");
    const top = element("span", undefined, "top");
    const [tag, kind] = tagOf(f);
    top.append(element("b", f.name), element("span", tag === f.name ? "" : tag, `tag ${kind}`));
    const small = element("span", undefined, "small");
    const told = [f.energy === null ? null : `${f.energy.toFixed(1)} kJ/mol`, f.rDls === null ? null : `R ${f.rDls.toFixed(4)}`,
      f.density === null ? null : `${f.density.toFixed(1)} T/1000 Å³`, f.group, f.valid ? "" : f.reason];
    small.append(...told.filter(Boolean).map((text) => element("span", text)));
    about.append(top, small);
    card.append(about);
    card.onclick = () => select(index, true);
    return card;
  }

  function writeMore() {
    const batch = asTable ? ROWS : CARDS;
    const fresh = order.slice(shown, shown + batch);
    if (asTable) byId("rows").append(...fresh.map((i) => Table.rowOf(frameworks, i, (index) => select(index, true))));
    else byId("gallery").append(...fresh.map(cardOf));
    shown += fresh.length;
    const left = order.length - shown;
    byId("more").hidden = !left;
    byId("more").textContent = `Show ${Math.min(batch, left)} more of ${number(left)}`;
    markSelected();
  }

  function writeList() {
    const text = byId("text").value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = { text, net: byId("f-net").value, energy: byId("f-energy").value, valid: byId("f-valid").value, lid: byId("f-lid").value };
    const kept = frameworks.map((_, i) => i).filter((i) => Table.matches(frameworks[i], wanted));
    order = sortBy.key ? Table.sorted(frameworks, kept, sortBy.key, sortBy.descending) : kept;
    byId("count").textContent = !frameworks.length ? "No frameworks." : kept.length === frameworks.length
      ? `${number(kept.length)} framework${kept.length === 1 ? "" : "s"}` : `${number(kept.length)} of ${number(frameworks.length)} frameworks`;
    watcher.clear();
    byId("gallery").replaceChildren();
    byId("rows").replaceChildren();
    byId("gallery").hidden = asTable;
    byId("table").hidden = !asTable;
    byId("as-gallery").setAttribute("aria-pressed", String(!asTable));
    byId("as-table").setAttribute("aria-pressed", String(asTable));
    byId("sort").value = sortBy.key ? `${sortBy.key}${sortBy.descending ? "-" : "+"}` : "";
    shown = 0;
    writeMore();
    map?.keep(new Set(kept));
    writeSelected();
  }

  function sortOn(key) {
    sortBy = { key, descending: sortBy.key === key && !sortBy.descending };
    Table.writeHead(byId("columns"), sortBy, sortOn);
    writeList();
    byId("columns").querySelector(`[data-key="${key}"]`)?.focus();
  }

  function writeSortChoices() {
    const arrows = [["+", "\u2191"], ["-", "\u2193"]];
    const choices = ["name", "energy", "rDls", "density", "nT", "unique", "included", "free", "found"].flatMap((key) => {
      const each = Table.column(key);
      return arrows.map(([sign, arrow]) => new Option(`${each.head}${each.unit && key[0] !== "e" && each.head === "T" ? ` ${each.unit}` : ""} ${arrow}`, key + sign));
    });
    byId("sort").replaceChildren(new Option("best first", ""), ...choices);
  }

  // ---- plots -------------------------------------------------------------------------------------

  function tip(text, x, y) {
    const box = byId("tip");
    box.hidden = text === null;
    if (text === null) return;
    box.textContent = text;
    const left = Math.min(x + 12, innerWidth - box.offsetWidth - 8);
    box.style.left = `${Math.max(8, left)}px`;
    box.style.top = `${Math.min(y + 12, innerHeight - box.offsetHeight - 8)}px`;
  }

  function writeMap() {
    const upwards = byId("upwards").value;
    const known = (each) => each.density !== null && each.density !== undefined && typeof each[upwards] === "number";
    const points = frameworks.map((f, index) => ({ ...f, index, value: f[upwards] })).filter((f) => f.valid && known(f));
    const types = data.types.filter(known).map((each) => ({ ...each, value: each[upwards] }));
    byId("map-title").textContent = `${upwards === "energy" ? "Energy" : "R_DLS"} against density`;
    map = Plots.map(byId("map"), { points, types, upwards, limits, tip, select: (i) => select(i, true) });
    map.choose(selected);
    map.keep(new Set(order));
    const marks = [];
    if (points.some((f) => f.new)) marks.push(['<circle cx="7" cy="7" r="4.6" fill="var(--new)"/>', "new"]);
    if (points.some((f) => !f.new)) marks.push(['<rect x="3" y="3" width="8" height="8" transform="rotate(45 7 7)" fill="var(--ours)"/>', "found here, known"]);
    if (types.length) marks.push(['<circle cx="7" cy="7" r="3.4" fill="none" stroke="var(--known)" stroke-width="1.4"/>', "known types (IZA)"]);
    if (map.ceiling !== null) marks.push(['<path d="M2 3H12M7 12V6M4 9L7 6L10 9" fill="none" stroke="currentColor"/>', `at the upper edge: ${map.ceiling} or more`]);
    byId("map-legend").replaceChildren(...marks.map(([drawing, name]) => {
      const item = element("li");
      item.innerHTML = `<svg width="14" height="14" aria-hidden="true">${drawing}</svg>`;
      item.append(name);
      return item;
    }));
  }

  function writeGeometry() {
    const { local, rings, types } = statistics;
    byId("geometry-note").textContent = (statistics.frameworks
      ? `Line: the ${number(statistics.frameworks)} valid framework${statistics.frameworks === 1 ? "" : "s"} here. ` : "No valid framework to compare. ")
      + `Grey: ${types} reference types. Every framework counts the same; outliers are counted in the outermost bins.`;
    const whole = byId("geometry").clientWidth;
    const columns = Math.max(1, Math.floor((whole + GAP) / (NARROWEST_PLOT + GAP)));
    byId("geometry").style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    const plots = local.map((each) => Plots.histogram(each, (whole - GAP * (columns - 1)) / columns));
    if (Object.keys(rings.ours).length || Object.keys(rings.known).length) plots.push(Plots.ringBars(rings, whole));
    byId("geometry").replaceChildren(...plots);
  }

  // ---- behaviour ---------------------------------------------------------------------------------

  function setTheme(theme) {
    document.documentElement.dataset.theme = theme;
    byId("theme").textContent = theme === "dark" ? "Light" : "Dark";
    watcher.redraw();
    drawSelected();
  }

  function setSpin(on) {
    spinning = on;
    Viewer.spin(on);
    byId("spin").setAttribute("aria-pressed", String(on));
  }

  const reset = () => { setSpin(false); Viewer.reset(byId("stage")); };
  const keys = {
    "+": () => Viewer.zoom(1.15), "=": () => Viewer.zoom(1.15), "-": () => Viewer.zoom(1 / 1.15),
    n: () => step(1), p: () => step(-1), 0: reset,
  };
  const arrows = { ArrowLeft: [-8, "y"], ArrowRight: [8, "y"], ArrowUp: [-8, "x"], ArrowDown: [8, "x"] };

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, select")) return;
    if (arrows[event.key] && event.target === byId("stage")) Viewer.rotate(...arrows[event.key]);
    else if (keys[event.key.toLowerCase()]) keys[event.key.toLowerCase()]();
    else return;
    event.preventDefault();
  }

  // Paper is white, and a WebGL canvas prints blank: a picture of it is printed in its place.
  let themeBefore = null;
  function beforePrint() {
    themeBefore = document.documentElement.dataset.theme;
    setTheme("light");
    const picture = Viewer.picture();
    if (picture) byId("print-picture").src = picture;
  }

  function wire() {
    byId("theme").onclick = () => setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
    byId("previous").onclick = () => step(-1);
    byId("next").onclick = () => step(1);
    byId("download").onclick = download;
    byId("spin").onclick = () => setSpin(!spinning);
    byId("reset").onclick = reset;
    for (const name of ["oxygen", "cell", "pores", "colour", "rings"]) byId(name).onchange = drawSelected;
    byId("supercell").onchange = () => { drawSelected(); Viewer.reset(byId("stage")); };
    byId("upwards").onchange = writeMap;
    byId("filters").onsubmit = (event) => event.preventDefault();
    let waiting = 0;
    byId("text").oninput = () => { clearTimeout(waiting); waiting = setTimeout(writeList, 120); };
    for (const name of ["f-net", "f-energy", "f-valid", "f-lid"]) byId(name).onchange = writeList;
    byId("sort").onchange = () => {
      const value = byId("sort").value;
      sortBy = { key: value.slice(0, -1) || null, descending: value.endsWith("-") };
      Table.writeHead(byId("columns"), sortBy, sortOn);
      writeList();
    };
    byId("as-gallery").onclick = () => { asTable = false; writeList(); };
    byId("as-table").onclick = () => { asTable = true; writeList(); };
    byId("more").onclick = writeMore;
    document.addEventListener("keydown", onKey);
    addEventListener("beforeprint", beforePrint);
    addEventListener("afterprint", () => { if (themeBefore) setTheme(themeBefore); });
    let width = innerWidth;
    addEventListener("resize", () => {
      if (innerWidth === width) return; // a phone's address bar comes and goes
      width = innerWidth;
      writeMap();
      writeGeometry();
      watcher.redraw();
      Viewer.resize();
    });
  }

  function begin() {
    writeHead();
    if (!Viewer.begin(byId("stage"))) {
      byId("message").innerHTML = "<strong>This browser shows no 3D graphics.</strong><p>The picture needs WebGL; " +
        "turn on hardware acceleration, or open the page in another browser. All else works without it.</p>";
      byId("message").hidden = false;
      document.documentElement.dataset.flat = "yes"; // hides what has nothing to steer
    }
    writeSortChoices();
    Table.writeHead(byId("columns"), sortBy, sortOn);
    const energies = frameworks.some((f) => f.energy !== null);
    byId("upwards").value = energies ? "energy" : "rDls";
    byId("upwards").disabled = !energies && !data.types.some((each) => typeof each.energy === "number");
    wire();
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", () => setTheme(dark.matches ? "dark" : "light"));
    document.documentElement.dataset.theme = dark.matches ? "dark" : "light";
    writeList();
    writeMap();
    writeGeometry();
    setTheme(document.documentElement.dataset.theme);
    Viewer.reset(byId("stage"));
  }

  begin();
})();

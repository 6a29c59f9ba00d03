// The list of frameworks: filtered and sorted, as a gallery of cards or as a table, a batch at a time.
"use strict";
const List = (() => {
  const { byId, element } = Tools;
  const CARDS = 24;
  const ROWS = 100;
  const SORT_KEYS = ["name", "energy", "likeness", "rDls", "density", "nT", "unique", "included", "free", "nearestBy", "found"];

  let frameworks = [];
  let select = () => {}; // called with the index of a framework that is chosen
  let changed = () => {}; // called when the frameworks listed are others
  let watcher = null;
  let order = []; // indices of the frameworks listed, sorted
  let sortBy = { key: null, descending: false }; // null: best first, as they come
  let asTable = false;
  let shown = 0; // of `order`, so far
  let selected = -1;

  function tagOf(f) {
    if (!f.valid) return [f.label, "bad"];
    return [f.label, f.new ? "new" : "old"];
  }

  function aboutOf(f) {
    const about = element("span", undefined, "about");
    const top = element("span", undefined, "top");
    const [tag, kind] = tagOf(f);
    top.append(element("b", f.name), element("span", tag === f.name ? "" : tag, `tag ${kind}`));
    const small = element("span", undefined, "small");
    const texts = [f.energy === null ? null : `${f.energy.toFixed(1)} kJ/mol`, f.rDls === null ? null : `R ${f.rDls.toFixed(4)}`,
      f.density === null ? null : `${f.density.toFixed(1)} T/1000 Å³`, f.group, f.more ? `+${f.more} of its family` : "",
      f.valid ? "" : f.reason];
    small.append(...texts.filter(Boolean).map((text) => element("span", text)));
    about.append(top, small);
    return about;
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
    card.append(aboutOf(f));
    card.onclick = () => select(index);
    return card;
  }

  function mark(index) {
    selected = index;
    for (const card of byId("gallery").children) card.setAttribute("aria-pressed", String(Number(card.dataset.index) === selected));
    for (const row of byId("rows").children) row.setAttribute("aria-selected", String(Number(row.dataset.index) === selected));
  }

  function writeMore() {
    const batch = asTable ? ROWS : CARDS;
    const fresh = order.slice(shown, shown + batch);
    if (asTable) byId("rows").append(...fresh.map((i) => Table.rowOf(frameworks, i, select)));
    else byId("gallery").append(...fresh.map(cardOf));
    shown += fresh.length;
    const left = order.length - shown;
    byId("more").hidden = !left;
    byId("more").textContent = `Show ${Math.min(batch, left)} more of ${Head.number(left)}`;
    mark(selected);
  }

  function wanted() {
    const text = byId("text").value.toLowerCase().split(/\s+/).filter(Boolean);
    return { text, net: byId("f-net").value, energy: byId("f-energy").value, valid: byId("f-valid").value, lid: byId("f-lid").value };
  }

  function countText(kept) {
    if (!frameworks.length) return "No frameworks.";
    const all = Head.plural(frameworks.length, "framework");
    return kept === frameworks.length ? all : `${Head.number(kept)} of ${all}`;
  }

  function write() {
    const filter = wanted();
    const kept = frameworks.map((_, i) => i).filter((i) => Table.matches(frameworks[i], filter));
    order = sortBy.key ? Table.sorted(frameworks, kept, sortBy.key, sortBy.descending) : kept;
    byId("count").textContent = countText(kept.length);
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
    changed();
  }

  function sortOn(key, descending) {
    sortBy = { key, descending };
    Table.writeHead(byId("columns"), sortBy, clicked);
    write();
  }

  // A column's head sorts by it; again, in the other direction.
  function clicked(key) {
    sortOn(key, sortBy.key === key && !sortBy.descending);
    byId("columns").querySelector(`[data-key="${key}"]`)?.focus();
  }

  function writeSortChoices() {
    const arrows = [["+", "\u2191"], ["-", "\u2193"]];
    const choices = SORT_KEYS.map(Table.column).flatMap((column) =>
      arrows.map(([sign, arrow]) => new Option(`${column.name || column.head} ${arrow}`, column.key + sign)));
    byId("sort").replaceChildren(new Option("best of each family first", ""), ...choices);
  }

  function wire() {
    let waiting = 0; // until typing pauses
    byId("text").oninput = () => { clearTimeout(waiting); waiting = setTimeout(write, 120); };
    for (const name of ["f-net", "f-energy", "f-valid", "f-lid"]) byId(name).onchange = write;
    byId("filters").onsubmit = (event) => event.preventDefault();
    byId("sort").onchange = () => {
      const { value } = byId("sort");
      sortOn(value.slice(0, -1) || null, value.endsWith("-"));
    };
    byId("as-gallery").onclick = () => { asTable = false; write(); };
    byId("as-table").onclick = () => { asTable = true; write(); };
    byId("more").onclick = writeMore;
  }

  // crystalOf(index) is what the card of a framework draws.
  function begin(given, crystalOf, onSelect, onChange) {
    [frameworks, select, changed] = [given, onSelect, onChange];
    watcher = Gallery.watcher((canvas) => crystalOf(Number(canvas.dataset.index)));
    writeSortChoices();
    Table.writeHead(byId("columns"), sortBy, clicked);
    wire();
    write();
  }

  return { begin, mark, order: () => order, redraw: () => watcher.redraw() };
})();

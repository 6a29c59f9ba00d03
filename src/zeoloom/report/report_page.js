// The page: which framework is selected, and the controls that change what is shown of it.
"use strict";
(() => {
  const { byId } = Tools;
  const data = JSON.parse(byId("data").textContent);
  const { frameworks } = data;
  const NARROW = "(max-width: 1060px)"; // the picture is above the list, not beside it

  let selected = frameworks.length ? 0 : -1;
  let map = null;
  let measured = null;
  let spinning = false;

  const crystals = new Map();
  function crystalOf(index) {
    const record = frameworks[index]?.net;
    if (!record) return null;
    if (!crystals.has(index)) crystals.set(index, Crystal.decode(record, data.fraction));
    return crystals.get(index);
  }

  // ---- the selected framework --------------------------------------------------------------------

  // The density beyond a framework is drawn in the cell and setting of the data, with its framework.
  const mapOf = (index) => data.measured?.maps.find((each) => each.framework === index) || null;
  const shownMap = () => (byId("density").checked ? mapOf(selected) : null);

  function drawSelected() {
    const shown = shownMap();
    Selected.draw(shown ? Crystal.decode(shown.net, data.fraction) : crystalOf(selected), shown);
  }

  // At the ends of the list there is no previous or next one.
  function writeSelected() {
    const order = List.order();
    const at = order.indexOf(selected);
    Selected.write(frameworks[selected], at <= 0, at < 0 ? !order.length : at >= order.length - 1);
    byId("density-switch").hidden = !mapOf(selected);
    map?.choose(selected);
    measured?.choose(selected);
  }

  function select(index) {
    if (!frameworks[index]) return;
    selected = index;
    writeSelected();
    drawSelected();
    Viewer.reset(byId("stage"));
    List.mark(selected);
  }

  function selectAndShow(index) {
    select(index);
    if (matchMedia(NARROW).matches) {
      byId("selected").scrollIntoView({ behavior: Tools.reducedMotion ? "auto" : "smooth", block: "start" });
    }
  }

  function step(by) {
    const order = List.order();
    const at = order.indexOf(selected);
    const next = order[at < 0 ? 0 : at + by];
    if (next !== undefined) select(next);
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
    map = DensityMap.write(data, byId("upwards").value, tip, selectAndShow);
    map.choose(selected);
    map.keep(new Set(List.order()));
  }

  // Plots are drawn for the width they have: when that is first known, and when it changes.
  function drawPlots() {
    let drawnFor = 0;
    const draw = (width) => {
      if (!width || width === drawnFor) return;
      drawnFor = width;
      writeMap();
      measured = Measured.write(data, tip, selectAndShow);
      measured?.choose(selected);
      Histograms.write(data.statistics);
      List.redraw();
      Viewer.resize();
    };
    draw(byId("map").clientWidth);
    new ResizeObserver(() => draw(byId("map").clientWidth)).observe(byId("map"));
  }

  function chooseMeasure() {
    const known = (each) => typeof each.energy === "number";
    byId("upwards").value = frameworks.some(known) ? "energy" : "rDls";
    byId("upwards").disabled = !frameworks.some(known) && !data.types.some(known);
    byId("upwards").onchange = writeMap;
  }

  // ---- behaviour ---------------------------------------------------------------------------------

  function themeChanged() {
    List.redraw();
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

  // Paper is white, and a WebGL canvas prints blank: a picture of it is printed instead.
  function wirePrinting() {
    let before = null;
    const set = (theme) => { Tools.setTheme(theme); themeChanged(); };
    addEventListener("beforeprint", () => {
      before = Tools.theme();
      set("light");
      const picture = Viewer.picture();
      if (picture) byId("print-picture").src = picture;
    });
    addEventListener("afterprint", () => { if (before) set(before); });
  }

  function wire() {
    byId("previous").onclick = () => step(-1);
    byId("next").onclick = () => step(1);
    byId("download").onclick = () => Selected.download(frameworks[selected], data.operations);
    byId("spin").onclick = () => setSpin(!spinning);
    byId("reset").onclick = reset;
    for (const name of ["oxygen", "cell", "pores", "colour"]) byId(name).onchange = drawSelected;
    // rings may stand out of the cell
    byId("rings").onchange = () => { drawSelected(); Viewer.fit(byId("stage"), 1); };
    byId("density").onchange = () => { drawSelected(); Viewer.reset(byId("stage")); };
    byId("supercell").onchange = () => { drawSelected(); Viewer.reset(byId("stage")); };
    document.addEventListener("keydown", onKey);
    wirePrinting();
  }

  function begin() {
    Head.write(data);
    if (!Viewer.begin(byId("stage"))) Tools.sayNoGraphics("All else on this page works without it.");
    chooseMeasure();
    Tools.followTheme(themeChanged);
    List.begin(frameworks, crystalOf, selectAndShow, () => {
      map?.keep(new Set(List.order()));
      writeSelected();
    });
    List.mark(selected);
    wire();
    drawSelected();
    Viewer.reset(byId("stage"));
    drawPlots();
  }

  begin();
})();

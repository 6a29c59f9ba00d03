// The page's behaviour: draws the scenes with 3Dmol.js and connects the controls.
// Scenes come as JSON with coordinates in whole thousandths of an Å (see `scene_page.py`).
"use strict";
(() => {
  const { byId, colour, element } = Tools;
  const { scenes, shortBond } = JSON.parse(byId("scenes").textContent);
  const POINT_RADIUS = 0.075; // Å
  const BOND_RADIUS = 0.09;
  const SHORT_RADIUS = 0.13;
  const FILM_SECONDS = 7;

  let viewer = null; // null without WebGL: the panel still holds the counts
  let current = 0;
  let frame = null; // position in the trajectory, may lie between two frames; null: the finished cloud
  let playing = null; // id of the animation request
  let spinning = false;
  const layers = { points: null, atoms: null, bonds: null };

  const scene = () => scenes[current];
  const film = () => scene().trajectory;
  const shown = (name) => byId(name).checked;

  // ---- drawing ---------------------------------------------------------------------------------

  // Coordinates of `flat`, three by three; bonded(i) are the particles that i is bonded to.
  const particles = (flat, bonded) => Array.from({ length: flat.length / 3 }, (_, i) =>
    Tools.particle([0, 1, 2].map((k) => flat[3 * i + k] / 1000), bonded?.(i)));

  function replaceLayer(name, atoms, styleOf, textOf) {
    if (layers[name]) viewer.removeModel(layers[name]);
    const describe = textOf && ((i) => { byId("readout").textContent = i === null ? "" : textOf(i); });
    layers[name] = Tools.addModel(viewer, atoms, styleOf, describe);
  }

  // Points of the trajectory between its frames, on straight lines.
  function pointsNow() {
    if (frame === null) return scene().points;
    const { frames } = film();
    const low = Math.floor(frame);
    const part = frame - low;
    if (part === 0) return frames[low];
    return frames[low].map((value, i) => value + part * (frames[low + 1][i] - value));
  }

  function drawPoints() {
    const flat = shown("points") || frame !== null ? pointsNow() : [];
    const style = { sphere: { radius: POINT_RADIUS, color: colour("point") } };
    replaceLayer("points", particles(flat), () => style);
  }

  const counted = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

  function atomText(i) {
    const s = scene();
    const points = s.points.length ? counted(s.weights[i], "point") : "";
    const rim = s.kinds[i] === "rim" ? "at the rim" : "";
    return [`Atom ${i + 1}`, points, counted(s.coordination[i], "neighbour"), rim].filter(Boolean).join(", ");
  }

  function drawAtoms() {
    const s = scene();
    // atoms let their points shine through when both are shown
    const opacity = shown("points") && s.points.length ? Number(colour("see-through")) : 1;
    const shades = Object.fromEntries(["four", "other", "rim"].map((kind) => [kind, colour(kind)]));
    replaceLayer("atoms", shown("atoms") && frame === null ? particles(s.atoms) : [],
      (i) => ({ sphere: { radius: s.radii[i] / 1000, color: shades[s.kinds[i]], opacity } }), atomText);
  }

  // Lengths are those of whole bonds: segments that leave a cell are halves of theirs.
  function bondText(i) {
    const length = `Bond of ${(scene().lengths[i] / 1000).toFixed(2)} Å`;
    return scene().short[i] ? `${length}, too short` : length;
  }

  function drawBonds() {
    const s = scene();
    const ends = shown("bonds") && frame === null ? particles(s.segments, (i) => [i ^ 1]) : [];
    const edges = particles(s.cell, (i) => [ends.length + (i ^ 1)]);
    const bond = { stick: { radius: BOND_RADIUS, color: colour("bond") } };
    const short = { stick: { radius: SHORT_RADIUS, color: colour("short") } };
    const edge = { stick: { radius: 0.03, color: colour("cell") } };
    replaceLayer("bonds", [...ends, ...edges],
      (i) => (i >= ends.length ? edge : s.short[i >> 1] ? short : bond),
      (i) => (i >= ends.length ? "Edge of the cell" : bondText(i >> 1)));
  }

  function draw() {
    if (!viewer) return;
    drawBonds();
    drawPoints();
    drawAtoms();
    viewer.render();
  }

  function resetView() {
    if (!viewer) return;
    viewer.setView([0, 0, 0, 0, 0.17, 0.24, 0.04, 0.955]);
    viewer.zoomTo();
    viewer.render();
    Tools.fit(viewer, byId("stage"), Object.values(layers).filter(Boolean));
  }

  // ---- panel -----------------------------------------------------------------------------------

  const swatches = {
    sphere: (name) => `<circle cx="13" cy="9" r="7.5" fill="var(--${name})"/>`,
    sizes: () => '<circle cx="5" cy="9" r="4" fill="var(--soft)"/><circle cx="19" cy="9" r="6.4" fill="var(--soft)"/>',
    dots: (name) => [[5, 6], [10, 12], [13, 5], [18, 10], [22, 5], [15, 14]]
      .map(([x, y]) => `<circle cx="${x}" cy="${y}" r="1.7" fill="var(--${name})"/>`).join(""),
    edge: (name) => `<rect x="0" y="8.25" width="26" height="1.5" fill="var(--${name})"/>`,
    line: (name) => `<rect x="0" y="7" width="26" height="4" rx="2" fill="var(--${name})"/>`,
  };

  function writeLegend() {
    const s = scene();
    const kinds = new Set(s.kinds);
    const entries = [];
    if (kinds.has("four")) entries.push([swatches.sphere("four"), "Atom with four neighbours"]);
    if (kinds.has("other")) entries.push([swatches.sphere("other"), "Atom with more or fewer"]);
    if (kinds.has("rim")) entries.push([swatches.sphere("rim"), "Atom at the rim, neighbours cut off"]);
    if (new Set(s.weights).size > 1) {
      entries.push([swatches.sizes(), "Volume grows with the points on the atom"]);
    }
    if (s.points.length) entries.push([swatches.dots("point"), "Point of the cloud"]);
    entries.push([swatches.line("bond"), "Bond"]);
    if (s.counts.short) entries.push([swatches.line("short"), `Bond under ${shortBond} Å, too short`]);
    if (s.cell.length) entries.push([swatches.edge("cell"), "Edge of the cell"]);
    byId("legend").innerHTML = entries.map(([drawing, text]) =>
      `<li><svg width="26" height="18" aria-hidden="true">${drawing}</svg><span>${text}</span></li>`).join("");
  }

  function writePanel() {
    const s = scene();
    const c = s.counts;
    const rows = [["Atoms", c.atoms], ["Bonds", c.bonds], [`Bonds under ${shortBond} Å`, c.short],
      [c.inside === c.atoms ? "Four-connected" : "Four-connected, away from the rim", `${c.four} of ${c.inside}`]];
    if (s.points.length) rows.unshift(["Points", s.points.length / 3]);
    byId("numbers").replaceChildren(...rows.flatMap(([name, value]) => {
      const alarm = name.startsWith("Bonds under") && value > 0;
      return [element("dt", name), element("dd", value, alarm ? "alarm" : "")];
    }));
    byId("noticed").hidden = !s.notices.length;
    byId("notices").replaceChildren(...s.notices.map((text) => element("li", text)));
    byId("picker").hidden = scenes.length < 2;
    byId("which").textContent = `${s.title} (${current + 1} of ${scenes.length})`;
    byId("previous").disabled = current === 0;
    byId("next").disabled = current === scenes.length - 1;
    byId("switch-points").hidden = !s.points.length;
    byId("film").hidden = !film();
    byId("stage").setAttribute("aria-label",
      `${s.title}: ${c.atoms} atoms, ${c.bonds} bonds, ${c.short} too short`);
    writeLegend();
    writeFilm();
  }

  function writeFilm() {
    if (!film()) return;
    const last = film().frames.length; // one position past the frames: the finished cloud
    const at = frame === null ? last : frame;
    byId("frame").max = last;
    byId("frame").value = Math.round(at);
    const text = frame === null ? "finished" : `noise ${film().sigmas[Math.floor(frame)].toPrecision(2)} Å`;
    byId("sigma").textContent = text;
    byId("frame").setAttribute("aria-valuetext", text);
    byId("play").textContent = playing === null ? "Play" : "Pause";
  }

  // ---- behaviour -------------------------------------------------------------------------------

  function show(index) {
    stop();
    current = Math.min(Math.max(index, 0), scenes.length - 1);
    frame = null;
    byId("readout").textContent = "";
    writePanel();
    draw();
  }

  // Shows position `at` of the trajectory; from its length on, the finished cloud with its atoms.
  function showFrame(at) {
    const was = frame;
    frame = at >= film().frames.length ? null : Math.min(at, film().frames.length - 1);
    writeFilm();
    if (!viewer) return;
    if ((was === null) !== (frame === null)) draw();
    else { drawPoints(); viewer.render(); }
  }

  function stop() {
    if (playing !== null) cancelAnimationFrame(playing);
    playing = null;
    writeFilm();
  }

  function play() {
    const last = film().frames.length;
    const from = frame === null ? 0 : frame;
    const speed = last / FILM_SECONDS;
    let start = null;
    const step = (now) => {
      start ??= now;
      const at = from + ((now - start) / 1000) * speed;
      playing = at < last ? requestAnimationFrame(step) : null;
      showFrame(Tools.reducedMotion ? Math.floor(at) : at);
    };
    playing = requestAnimationFrame(step);
    writeFilm();
  }

  function setSpin(on) {
    spinning = on;
    byId("spin").setAttribute("aria-pressed", String(on));
    if (viewer) viewer.spin(on ? "y" : false, 0.5);
  }

  function themeChanged() {
    viewer?.setBackgroundColor(colour("paper"), 1);
    draw();
  }

  const togglePlay = () => { if (film()) { if (playing === null) play(); else stop(); } };

  const keys = {
    ArrowLeft: () => viewer?.rotate(-8, "y"), ArrowRight: () => viewer?.rotate(8, "y"),
    ArrowUp: () => viewer?.rotate(-8, "x"), ArrowDown: () => viewer?.rotate(8, "x"),
    "+": () => viewer?.zoom(1.15), "=": () => viewer?.zoom(1.15), "-": () => viewer?.zoom(1 / 1.15),
    n: () => show(current + 1), p: () => show(current - 1), k: togglePlay, 0: resetView,
  };

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const inSlider = event.target.type === "range";
    const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act || (inSlider && event.key.startsWith("Arrow"))) return;
    // arrows scroll the panel unless the picture has the focus
    if (event.key.startsWith("Arrow") && event.target !== byId("stage")) return;
    event.preventDefault();
    act();
  }

  function wire() {
    byId("previous").onclick = () => show(current - 1);
    byId("next").onclick = () => show(current + 1);
    byId("play").onclick = togglePlay;
    byId("frame").oninput = (event) => {
      const at = Number(event.target.value); // before stop(), which sets the slider
      stop();
      showFrame(at);
    };
    for (const name of ["points", "atoms", "bonds"]) byId(name).onchange = draw;
    byId("spin").onclick = () => setSpin(!spinning);
    byId("reset").onclick = resetView;
    document.addEventListener("keydown", onKey);
    Tools.followTheme(themeChanged);
    themeChanged();
  }

  function begin() {
    const kind = Tools.graphics();
    if (kind !== "none") {
      viewer = $3Dmol.createViewer(byId("stage"), { antialias: kind === "hardware", hoverDuration: 60 });
    }
    if (!viewer) Tools.sayNoGraphics("The numbers on this page are complete without it.");
    wire();
    show(0);
    resetView();
  }

  begin();
})();

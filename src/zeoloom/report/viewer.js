// The page's behaviour: draws the scenes with 3Dmol.js and wires the controls.
// Scenes come as JSON with coordinates in whole thousandths of an Å (see page.py).
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const { scenes, shortBond } = JSON.parse(byId("scenes").textContent);
  const POINT_RADIUS = 0.075; // Å
  const BOND_RADIUS = 0.09;
  const SHORT_RADIUS = 0.13;
  const FILM_SECONDS = 7;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

  let viewer = null; // null without WebGL: the panel still tells the counts
  let current = 0;
  let frame = null; // position in the trajectory, may lie between two frames; null: the finished cloud
  let playing = null; // id of the animation request
  let spinning = false;
  const layers = { points: null, atoms: null, bonds: null };

  // A custom property of the style sheet: light and dark are told apart there only.
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const scene = () => scenes[current];
  const film = () => scene().trajectory;
  const shown = (name) => byId(name).checked;

  // ---- drawing ---------------------------------------------------------------------------------

  // 3Dmol draws thousands of its "atoms" as sphere and stick impostors in one go, where thousands of
  // separate shapes would crawl; so points, atoms and bond ends all enter it as atoms of one model each.
  const particle = (flat, i) => ({
    elem: "X", x: flat[3 * i] / 1000, y: flat[3 * i + 1] / 1000, z: flat[3 * i + 2] / 1000,
    bonds: [], bondOrder: [],
  });

  const particles = (flat) => Array.from({ length: flat.length / 3 }, (_, i) => particle(flat, i));

  function replaceLayer(name, atoms, style, tell) {
    if (layers[name]) viewer.removeModel(layers[name]);
    layers[name] = null;
    if (!atoms.length) return;
    const model = viewer.addModel();
    model.addAtoms(atoms);
    model.selectedAtoms({}).forEach((atom, i) => { atom.style = style(atom, i); });
    if (tell) {
      model.setHoverable({}, true, (atom) => { byId("readout").textContent = tell(atom.index); },
        () => { byId("readout").textContent = ""; });
    }
    layers[name] = model;
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

  function kindOf(i) {
    if (!scene().inside[i]) return "rim";
    return scene().coordination[i] === 4 ? "four" : "other";
  }

  function drawAtoms() {
    const s = scene();
    // atoms let their points shine through when both are shown
    const opacity = shown("points") && s.points.length ? Number(colour("see-through")) : 1;
    replaceLayer("atoms", shown("atoms") && frame === null ? particles(s.atoms) : [],
      (_, i) => ({ sphere: { radius: s.radii[i] / 1000, color: colour(kindOf(i)), opacity } }),
      (i) => [
        `Atom ${i + 1}`,
        s.points.length ? `${s.weights[i]} ${s.weights[i] === 1 ? "point" : "points"}` : "",
        `${s.coordination[i]} ${s.coordination[i] === 1 ? "neighbour" : "neighbours"}`,
        s.inside[i] ? "" : "at the rim",
      ].filter(Boolean).join(", "));
  }

  // Lengths are those of the bonds: segments that leave a cell are halves of theirs.
  function drawBonds() {
    const s = scene();
    const ends = shown("bonds") && frame === null ? particles(s.segments) : [];
    ends.forEach((end, i) => { end.bonds = [i ^ 1]; end.bondOrder = [1]; });
    const isShort = (i) => s.short[i >> 1] === 1;
    const edges = particles(s.cell);
    edges.forEach((end, i) => { end.bonds = [ends.length + (i ^ 1)]; end.bondOrder = [1]; });
    replaceLayer("bonds", [...ends, ...edges],
      (_, i) => {
        if (i >= ends.length) return { stick: { radius: 0.03, color: colour("cell") } };
        const name = isShort(i) ? "short" : "bond";
        return { stick: { radius: isShort(i) ? SHORT_RADIUS : BOND_RADIUS, color: colour(name) } };
      },
      (i) => (i >= ends.length ? "Edge of the cell"
        : `Bond of ${(s.lengths[i >> 1] / 1000).toFixed(2)} Å${isShort(i) ? ", too short" : ""}`));
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
    // zoomTo fills the height and leaves a margin; a narrow screen must show the width
    const stage = byId("stage");
    const room = scene().cell.length ? 0.95 : 1.1;
    viewer.zoom(room * Math.min(1, stage.clientWidth / stage.clientHeight));
    viewer.render();
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
    const kinds = new Set(s.radii.map((_, i) => kindOf(i)));
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
      const term = document.createElement("dt");
      const number = document.createElement("dd");
      term.textContent = name;
      number.textContent = value;
      if (name.startsWith("Bonds under") && value > 0) number.className = "alarm";
      return [term, number];
    }));
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
    const told = frame === null ? "finished" : `noise ${film().sigmas[Math.floor(frame)].toPrecision(2)} Å`;
    byId("sigma").textContent = told;
    byId("frame").setAttribute("aria-valuetext", told);
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
      showFrame(calm ? Math.floor(at) : at);
    };
    playing = requestAnimationFrame(step);
    writeFilm();
  }

  function setSpin(on) {
    spinning = on;
    byId("spin").setAttribute("aria-pressed", String(on));
    if (viewer) viewer.spin(on ? "y" : false, 0.5);
  }

  function setTheme(name) {
    document.documentElement.dataset.theme = name;
    byId("theme").textContent = name === "dark" ? "Light" : "Dark";
    if (!viewer) return;
    viewer.setBackgroundColor(colour("paper"), 1);
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
    byId("theme").onclick = () =>
      setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
    document.addEventListener("keydown", onKey);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", () => setTheme(dark.matches ? "dark" : "light"));
    setTheme(dark.matches ? "dark" : "light");
  }

  // "none", "software" (where smooth edges would cost half a second a picture) or "hardware".
  function graphics() {
    const canvas = document.createElement("canvas");
    const gl = canvas.getContext("webgl2") || canvas.getContext("webgl");
    if (!gl) return "none";
    const info = gl.getExtension("WEBGL_debug_renderer_info");
    const name = info ? gl.getParameter(info.UNMASKED_RENDERER_WEBGL) : "";
    gl.getExtension("WEBGL_lose_context")?.loseContext();
    return /swiftshader|llvmpipe|software|basic render/i.test(name) ? "software" : "hardware";
  }

  function begin() {
    const kind = graphics();
    if (kind !== "none") {
      const antialias = kind === "hardware";
      viewer = $3Dmol.createViewer(byId("stage"), { antialias, hoverDuration: 60 });
    }
    if (!viewer) {
      byId("message").innerHTML = "<strong>This browser shows no 3D graphics.</strong>" +
        "<p>The picture needs WebGL. Turn on hardware acceleration in the settings, or open the page " +
        "in another browser. The numbers on this page are complete without it.</p>";
      byId("message").hidden = false;
      document.documentElement.dataset.flat = "yes"; // hides what has nothing to steer
    }
    wire();
    show(0);
    resetView();
  }

  begin();
})();

// What both pages share: elements by their names, colours of the style sheet, kind of graphics, theme.
"use strict";
const Tools = (() => {
  const root = document.documentElement;
  const MARGIN = 0.84; // share of the width or height that a picture takes
  const ROUNDS = 2; // of zooming and moving: in perspective, each changes the other
  const byId = (id) => document.getElementById(id);

  function element(name, text, className) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  // A custom property of the style sheet: light and dark colours differ there only.
  const colour = (name) => getComputedStyle(root).getPropertyValue(`--${name}`).trim();

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

  // Without WebGL the page says so and hides what has nothing to act on.
  function sayNoGraphics(rest) {
    byId("message").innerHTML = "<strong>This browser shows no 3D graphics.</strong>"
      + `<p>The picture needs WebGL. Turn on hardware acceleration, or open the page in another browser. ${rest}</p>`;
    byId("message").hidden = false;
    root.dataset.flat = "yes";
  }

  const theme = () => root.dataset.theme;

  function setTheme(name) {
    root.dataset.theme = name;
    byId("theme").textContent = name === "dark" ? "Light" : "Dark";
  }

  // Light or dark as the reader's system is, until the button is used; changed(theme) follows a change.
  function followTheme(changed) {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const set = (name) => { setTheme(name); changed(); };
    byId("theme").onclick = () => set(theme() === "dark" ? "light" : "dark");
    dark.addEventListener("change", () => set(dark.matches ? "dark" : "light"));
    setTheme(dark.matches ? "dark" : "light");
  }

  // A model of 3Dmol.js. It draws thousands of its "atoms" as spheres and sticks at once, where
  // separate shapes would be slow: so points, atoms and ends of bonds all enter it as atoms.
  const particle = ([x, y, z], bonds = []) => ({ elem: "X", x, y, z, bonds, bondOrder: bonds.map(() => 1) });

  // describe(index) is shown while the pointer is on a particle; index null when it leaves.
  function addModel(viewer, particles, styleOf, describe) {
    if (!particles.length) return null;
    const model = viewer.addModel();
    model.addAtoms(particles);
    model.selectedAtoms({}).forEach((atom, i) => { atom.style = styleOf(i); });
    if (describe) model.setHoverable({}, true, (atom) => describe(atom.index), () => describe(null));
    return model;
  }

  // Least and greatest x, then y, of points of the screen.
  const extents = (points) => ["x", "y"].map((key) => {
    const values = points.map((each) => each[key]);
    return [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  });

  // Models in the middle of the stage and as large as they fit, as they are rotated, but enlarged by
  // no more than a factor: 3Dmol's own zoom fits a sphere around them, too large or too small.
  function fit(viewer, stage, models, most = Infinity) {
    const atoms = models.flatMap((model) => model.selectedAtoms({}).map(({ x, y, z }) => ({ x, y, z })));
    if (!atoms.length) return;
    const box = stage.getBoundingClientRect();
    for (let round = 0; round < ROUNDS; round += 1) {
      const [wide, high] = extents(viewer.modelToScreen(atoms)).map(([low, top]) => Math.max(1, top - low));
      viewer.zoom(Math.min(most, MARGIN * Math.min(stage.clientWidth / wide, stage.clientHeight / high)));
      viewer.render();
      const [across, down] = extents(viewer.modelToScreen(atoms)).map(([low, top]) => (low + top) / 2);
      // 3Dmol's translate counts upwards, modelToScreen downwards
      viewer.translate(box.left + scrollX + box.width / 2 - across, down - box.top - scrollY - box.height / 2);
      viewer.render();
    }
  }

  const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)").matches;

  return { byId, element, colour, graphics, sayNoGraphics, theme, setTheme, followTheme, particle, addModel, fit, reducedMotion };
})();

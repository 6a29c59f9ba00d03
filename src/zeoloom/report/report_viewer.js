// One framework in 3D, drawn with 3Dmol.js. It would guess bonds and knows no periodic boundaries, so
// atoms, bonds, the cell, rings and pores are all given to it as they are to be drawn.
"use strict";
const Viewer = (() => {
  const RADIUS = { T: 0.42, O: 0.24 }; // Å
  const BARE_RADIUS = 0.34;
  const BOND_RADIUS = { withOxygen: 0.11, bare: 0.13 };
  // Okabe and Ito's colours, then lighter ones: told apart by every kind of colour vision
  const SITES = ["#e69f00", "#0072b2", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#8c6bb1",
    "#a6761d", "#66c2a5", "#b3b3b3", "#7a0177"];
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const siteColour = (site) => SITES[site % SITES.length];

  let viewer = null; // null without WebGL
  let models = [];
  const point = ([x, y, z]) => ({ x, y, z });

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

  function begin(stage) {
    const kind = graphics();
    if (kind === "none") return false;
    viewer = $3Dmol.createViewer(stage, { antialias: kind === "hardware", hoverDuration: 60, orthographic: true });
    // zoom with the wheel only on request, or the page could not be scrolled past the picture
    stage.addEventListener("wheel", (event) => {
      if (document.activeElement !== stage) event.stopPropagation();
    }, { capture: true });
    return Boolean(viewer);
  }

  // Thousands of spheres and sticks go through 3Dmol in one model each, where shapes would crawl.
  function addModel(atoms, styles, tell) {
    if (!atoms.length) return;
    const model = viewer.addModel();
    model.addAtoms(atoms);
    model.selectedAtoms({}).forEach((atom, i) => { atom.style = styles[i]; });
    if (tell) model.setHoverable({}, true, (atom) => tell(atom.index), () => tell(null));
    models.push(model);
  }

  function drawFramework(net, { times, oxygen, bySite, tell }) {
    const { atoms, bonds } = Solid.drawing(net, times, oxygen);
    const particles = atoms.map(({ at }) => ({ elem: "X", ...point(at), bonds: [], bondOrder: [] }));
    for (const [i, j] of bonds) {
      particles[i].bonds.push(j);
      particles[i].bondOrder.push(1);
      particles[j].bonds.push(i);
      particles[j].bondOrder.push(1);
    }
    const withOxygen = oxygen && net.bonds.some((bond) => bond.o);
    const stick = { radius: withOxygen ? BOND_RADIUS.withOxygen : BOND_RADIUS.bare, color: colour("bond") };
    const styles = atoms.map(({ kind, site }) => {
      if (kind === "end") return { stick };
      const radius = kind === "T" && !withOxygen ? BARE_RADIUS : RADIUS[kind];
      const shade = kind === "O" ? colour("o") : bySite ? siteColour(site) : colour("t");
      return { stick, sphere: { radius, color: shade } };
    });
    addModel(particles, styles, (i) => {
      const atom = i === null ? null : atoms[i];
      tell(!atom || atom.kind === "end" ? "" : atom.kind === "O" ? "Oxygen" : `T site ${net.labels[atom.site]}`);
    });
  }

  function drawCell(net) {
    const edges = Solid.cellEdges(net.cell).flat();
    const stick = { stick: { radius: 0.035, color: colour("cell") } };
    addModel(edges.map((at, i) => ({ elem: "X", ...point(at), bonds: [i ^ 1], bondOrder: [1] })), edges.map(() => stick));
    ["a", "b", "c"].forEach((name, k) => {
      const end = Nets.row(net.cell, k);
      const beyond = end.map((x) => x * (1 + 0.9 / Nets.norm(end)));
      viewer.addLabel(name, { position: point(beyond), fontSize: 13, fontColor: colour("soft"), backgroundOpacity: 0, inFront: true, alignment: "center" });
    });
  }

  const cells = (times) => {
    const each = Array.from({ length: times }, (_, k) => k);
    return each.flatMap((a) => each.flatMap((b) => each.map((c) => [a, b, c])));
  };

  // All rings of one size as one surface of triangles around their middles.
  function drawRings(net, { size, smallest }, times) {
    const vertexArr = [];
    const faceArr = [];
    const rim = [];
    for (const corners of Nets.ringsOf(net, size, smallest).rings) {
      for (const cell of cells(times)) {
        const cart = corners.map((corner) => Nets.cartesian(net.cell, corner.map((x, k) => x + cell[k])));
        const middle = [0, 1, 2].map((k) => cart.reduce((sum, at) => sum + at[k], 0) / cart.length);
        const first = vertexArr.length;
        vertexArr.push(point(middle), ...cart.map(point));
        cart.forEach((at, i) => {
          const next = (i + 1) % cart.length;
          faceArr.push(first, first + 1 + i, first + 1 + next);
          rim.push(at, cart[next]);
        });
      }
    }
    if (!vertexArr.length) return;
    viewer.addCustom({ vertexArr, faceArr, color: colour("ring"), opacity: 0.4 });
    const stick = { stick: { radius: 0.16, color: colour("ring") } };
    addModel(rim.map((at, i) => ({ elem: "X", ...point(at), bonds: [i ^ 1], bondOrder: [1] })), rim.map(() => stick));
  }

  function drawPores(net, times) {
    for (const { frac, radius } of Solid.largestCavities(net)) {
      // as atoms are: those on a face of the cell on both sides
      for (const cell of cells(times + 1)) {
        const place = frac.map((x, k) => x + cell[k]);
        if (place.some((x) => x > times + Solid.EDGE)) continue;
        const center = point(Nets.cartesian(net.cell, place));
        viewer.addSphere({ center, radius: Math.max(radius, 0.1), color: colour("pore"), opacity: 0.6, quality: 3 });
      }
    }
  }

  // what: { times, oxygen, cell, bySite, rings, pores, tell }; net may be null.
  function draw(net, what) {
    if (!viewer) return;
    models = [];
    viewer.removeAllModels();
    viewer.removeAllShapes();
    viewer.removeAllLabels();
    viewer.setBackgroundColor(colour("panel"), 1);
    if (net) {
      drawFramework(net, what);
      if (what.cell) drawCell(net);
      if (what.rings) drawRings(net, what.rings, what.times);
      if (what.pores) drawPores(net, what.times);
    }
    viewer.render();
  }

  // The picture as large as it fits: 3Dmol's own zoom leaves wide margins around anything oblong.
  function reset(stage) {
    if (!viewer) return;
    viewer.setView([0, 0, 0, 0, 0.10, 0.17, 0.02, 0.98]);
    viewer.zoomTo();
    viewer.render();
    const corners = models.flatMap((model) => model.selectedAtoms({}).map(({ x, y, z }) => ({ x, y, z })));
    if (corners.length) {
      const [wide, high] = spans(viewer.modelToScreen(corners)).map(([low, top]) => top - low);
      viewer.zoom(Math.min((0.84 * stage.clientWidth) / wide, (0.84 * stage.clientHeight) / high));
      viewer.render();
      const box = stage.getBoundingClientRect();
      const [across, down] = spans(viewer.modelToScreen(corners)).map(([low, top]) => (low + top) / 2);
      viewer.translate(box.left + scrollX + box.width / 2 - across, box.top + scrollY + box.height / 2 - down);
    }
    viewer.render();
  }

  const spans = (places) => ["x", "y"].map((key) => {
    const values = places.map((place) => place[key]);
    return [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  });

  return {
    begin, draw, reset, siteColour,
    resize: () => viewer?.resize(),
    spin: (on) => viewer?.spin(on ? "y" : false, 0.6),
    rotate: (angle, axis) => viewer?.rotate(angle, axis),
    zoom: (factor) => viewer?.zoom(factor),
    picture: () => (viewer ? viewer.pngURI() : ""),
  };
})();

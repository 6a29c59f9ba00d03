// One framework in 3D, drawn with 3Dmol.js. It would guess bonds and knows no periodic boundaries, so
// atoms, bonds, the cell, rings and pores are all given to it as they are to be drawn.
"use strict";
const Viewer = (() => {
  const { colour, particle } = Tools;
  const RADIUS = { T: 0.42, O: 0.24 }; // Å
  const BARE_RADIUS = 0.34; // of T atoms without oxygen
  const BOND_RADIUS = { withOxygen: 0.11, bare: 0.13 };
  // Okabe and Ito's colours, then lighter ones: distinct in every kind of colour vision
  const SITES = ["#e69f00", "#0072b2", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#8c6bb1",
    "#a6761d", "#66c2a5", "#b3b3b3", "#7a0177"];
  const siteColour = (site) => SITES[site % SITES.length];
  const point = ([x, y, z]) => ({ x, y, z });

  let viewer = null; // null without WebGL
  let models = [];

  function begin(stage) {
    const kind = Tools.graphics();
    if (kind === "none") return false;
    viewer = $3Dmol.createViewer(stage, { antialias: kind === "hardware", hoverDuration: 60, orthographic: true });
    // zoom with the wheel only on request, or the page could not be scrolled past the picture
    stage.addEventListener("wheel", (event) => {
      if (document.activeElement !== stage) event.stopPropagation();
    }, { capture: true });
    return Boolean(viewer);
  }

  function add(particles, styleOf, describe) {
    const model = Tools.addModel(viewer, particles, styleOf, describe);
    if (model) models.push(model);
  }

  // Separate sticks, as pairs of ends in Å.
  const addSticks = (ends, stick) => add(ends.map((at, i) => particle(at, [i ^ 1])), () => ({ stick }));

  function drawFramework(crystal, { times, oxygen, bySite, describe }) {
    const { atoms, bonds } = Crystal.drawing(crystal, times, oxygen);
    const bonded = atoms.map(() => []);
    for (const [i, j] of bonds) {
      bonded[i].push(j);
      bonded[j].push(i);
    }
    const withOxygen = oxygen && crystal.bonds.some((bond) => bond.o);
    const stick = { radius: withOxygen ? BOND_RADIUS.withOxygen : BOND_RADIUS.bare, color: colour("bond") };
    const [t, o] = [colour("t"), colour("o")]; // to look one up for each atom would be slow
    const styleOf = (i) => {
      const { kind, site } = atoms[i];
      if (kind === "end") return { stick };
      const radius = kind === "T" && !withOxygen ? BARE_RADIUS : RADIUS[kind];
      return { stick, sphere: { radius, color: kind === "O" ? o : bySite ? siteColour(site) : t } };
    };
    add(atoms.map(({ at }, i) => particle(at, bonded[i])), styleOf, (i) => {
      const atom = i === null ? null : atoms[i];
      describe(!atom || atom.kind === "end" ? "" : atom.kind === "O" ? "Oxygen" : `T site ${crystal.labels[atom.site]}`);
    });
  }

  function drawCell({ cell }) {
    addSticks(Crystal.cellEdges(cell).flat(), { radius: 0.035, color: colour("cell") });
    ["a", "b", "c"].forEach((name, k) => {
      const axis = Crystal.row(cell, k);
      const beyond = axis.map((x) => x * (1 + 0.9 / Math.hypot(...axis)));
      viewer.addLabel(name, { position: point(beyond), fontSize: 13, fontColor: colour("soft"), backgroundOpacity: 0, inFront: true, alignment: "center" });
    });
  }

  // All rings of one size as one surface of triangles around their middles.
  function drawRings(crystal, rings, times) {
    const vertexArr = [];
    const faceArr = [];
    const rims = [];
    for (const corners of Crystal.ringCorners(crystal, rings)) {
      for (const cell of Crystal.cellsBetween(0, times - 1)) {
        const cart = corners.map((corner) => Crystal.along(crystal.cell, Crystal.plus(corner, cell)));
        const middle = [0, 1, 2].map((k) => cart.reduce((sum, at) => sum + at[k], 0) / cart.length);
        const first = vertexArr.length;
        vertexArr.push(point(middle), ...cart.map(point));
        cart.forEach((at, i) => {
          const next = (i + 1) % cart.length;
          faceArr.push(first, first + 1 + i, first + 1 + next);
          rims.push(at, cart[next]);
        });
      }
    }
    if (!vertexArr.length) return;
    viewer.addCustom({ vertexArr, faceArr, color: colour("ring"), opacity: 0.4 });
    addSticks(rims, { radius: 0.16, color: colour("ring") });
  }

  function drawPores(crystal, times) {
    const look = { radius: Math.max(crystal.diameter / 2, 0.1), color: colour("pore"), opacity: 0.6, quality: 3 };
    for (const frac of crystal.cavities) {
      for (const copy of Crystal.copies(frac, times)) viewer.addSphere({ center: point(Crystal.along(crystal.cell, copy)), ...look });
    }
  }

  // A surface of one density, in one cell.
  function drawDensity({ head, above }) {
    const cube = `${head}\n${Crystal.bits(above).join(" ")}`;
    viewer.addVolumetricData(cube, "cube", { isoval: 0.5, color: colour("density"), opacity: 0.8, smoothness: 2 });
  }

  // what: { times, oxygen, cell, bySite, rings, pores, density, describe }; crystal may be null.
  function draw(crystal, what) {
    if (!viewer) return;
    models = [];
    viewer.removeAllModels();
    viewer.removeAllShapes();
    viewer.removeAllLabels();
    viewer.setBackgroundColor(colour("panel"), 1);
    if (crystal) {
      drawFramework(crystal, what);
      if (what.cell) drawCell(crystal);
      if (what.rings) drawRings(crystal, what.rings, what.times);
      if (what.pores) drawPores(crystal, what.times);
      if (what.density) drawDensity(what.density);
    }
    viewer.render();
  }

  const fit = (stage, most) => { if (viewer) Tools.fit(viewer, stage, models, most); };

  function reset(stage) {
    if (!viewer) return;
    viewer.setView([0, 0, 0, 0, 0.10, 0.17, 0.02, 0.98]);
    viewer.zoomTo();
    viewer.render();
    fit(stage);
  }

  return {
    begin, draw, fit, reset, siteColour,
    resize: () => viewer?.resize(),
    spin: (on) => viewer?.spin(on ? "y" : false, 0.6),
    rotate: (angle, axis) => viewer?.rotate(angle, axis),
    zoom: (factor) => viewer?.zoom(factor),
    picture: () => (viewer ? viewer.pngURI() : ""),
  };
})();

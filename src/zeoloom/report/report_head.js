// The head of the report: what was run, how many frameworks came how far, and the time of each stage.
"use strict";
const Head = (() => {
  const { byId, element } = Tools;
  const FEW_FACTS = 6; // more are folded away

  const number = (value) => value.toLocaleString("en");

  const plural = (count, noun) => `${number(count)} ${noun}${count === 1 ? "" : "s"}`;

  function duration(seconds) {
    if (seconds >= 7200) return `${(seconds / 3600).toFixed(1)} h`;
    if (seconds >= 120) return `${(seconds / 60).toFixed(1)} min`;
    return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  }

  function percent(share) {
    const value = 100 * share;
    const digits = value >= 10 || value === 0 ? 0 : value < 1 ? 2 : 1;
    return `${value.toFixed(digits)} %`;
  }

  function dot(shade) {
    const made = element("span", undefined, "dot");
    made.style.background = shade;
    return made;
  }

  function writeFacts(facts) {
    byId("run").hidden = !facts.length;
    byId("run").open = facts.length <= FEW_FACTS;
    byId("facts").replaceChildren(...facts.map(([name, value]) => {
      const box = element("div");
      box.append(element("dt", name), element("dd", value));
      return box;
    }));
  }

  // One count, with a bar for its share of another; there may be more nets than crystals tried.
  function countBox([name, count, share, of, meaning]) {
    const box = element("li");
    const bar = element("i");
    const filled = element("b");
    filled.style.width = `${Math.min(100, 100 * (share ?? 0))}%`;
    bar.append(filled);
    if (share === null) bar.style.visibility = "hidden";
    const note = share === null ? "\u00a0" : share > 1 ? `${share.toFixed(1)} for each ${of}` : `${percent(share)} of ${of}`;
    box.append(element("span", name, "soft"), element("strong", number(count)), element("span", note, "soft"), bar);
    box.title = meaning;
    return box;
  }

  // One hue, from dark to light: the order of the stages is what counts.
  function writeStages(stages) {
    byId("stages").hidden = !stages.some(([, seconds]) => seconds > 0);
    const last = Math.max(1, stages.length - 1);
    const shade = (i) => `color-mix(in srgb, var(--accent) ${Math.round(100 - (70 * i) / last)}%, var(--line))`;
    byId("stage-bar").replaceChildren(...stages.map(([, seconds], i) => {
      const piece = element("span");
      piece.style.cssText = `flex: ${seconds} 0 0; background: ${shade(i)}`;
      return piece;
    }));
    byId("stage-list").replaceChildren(...stages.map(([name, seconds], i) => {
      const item = element("li");
      item.append(dot(shade(i)), `${name} `, element("b", duration(seconds)));
      return item;
    }));
  }

  function write({ facts, counts, seconds }) {
    writeFacts(facts);
    byId("counts").replaceChildren(...counts.map(countBox));
    writeStages(seconds);
  }

  return { write, number, plural, dot };
})();

// For those who use the keyboard or a screen reader: what scrolls can be reached, what is a region has
// a name of its own.
const SCROLLING = ".md-typeset__scrollwrap, .md-typeset pre > code, .arithmatex, figure.drawing";

function makeReachable() {
  for (const each of document.querySelectorAll(SCROLLING)) {
    if (each.scrollWidth > each.clientWidth + 1) each.tabIndex = 0;
  }
}

function withoutEmptyHeadings() {
  for (const each of document.querySelectorAll("th:empty")) each.outerHTML = "<td></td>";
}

function nameRegions() {
  document.querySelector(".md-search")?.setAttribute("aria-label", "Search");
  document.querySelectorAll(".md-code__nav:not([aria-label])").forEach((each) => {
    each.setAttribute("aria-label", `Copy ${each.parentElement.id}`);
  });
}

document.addEventListener("DOMContentLoaded", () => {
  withoutEmptyHeadings();
  makeReachable();
  nameRegions();
  addEventListener("resize", makeReachable);
  new MutationObserver(nameRegions).observe(document.body, { childList: true, subtree: true });
});

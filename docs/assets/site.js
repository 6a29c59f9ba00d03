// Tables wider than the page scroll by themselves; those who use the keyboard can reach them.
document.addEventListener("DOMContentLoaded", () => {
  const wide = () => {
    for (const each of document.querySelectorAll(
      ".md-typeset__scrollwrap, .md-typeset pre > code, .arithmatex",
    )) {
      if (each.scrollWidth > each.clientWidth + 1) each.tabIndex = 0;
    }
  };
  wide();
  addEventListener("resize", wide);
});

/* The theme, before anything is drawn. Runs in <head>, so that the page never flashes.
   "auto" leaves the choice to the system; the styles follow it even without this file. */
(() => {
  "use strict";
  const KEY = "assay-theme";
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  function stored() {
    try {
      const choice = localStorage.getItem(KEY);
      return choice === "light" || choice === "dark" ? choice : "auto";
    } catch {
      return "auto"; // storage may be forbidden
    }
  }

  function show(choice) {
    root.dataset.themeChoice = choice;
    root.dataset.bsTheme = choice === "auto" ? (dark.matches ? "dark" : "light") : choice;
  }

  window.assayTheme = {
    choice: () => root.dataset.themeChoice,
    choose(choice) {
      try {
        localStorage.setItem(KEY, choice);
      } catch {
        /* the choice then lasts for this page */
      }
      show(choice);
    },
  };
  show(stored());
  dark.addEventListener("change", () => show(window.assayTheme.choice()));
})();

/* Blind rating by keys. The page works without this file: the verdicts are buttons of a form. */
(() => {
  "use strict";

  /* A key that is still held from the pair before must not judge the next one unseen. */
  const READ_AT_LEAST = 400;
  let shown = null;
  let since = 0;

  function show() {
    const part = document.querySelector("[data-rating]");
    if (!part || part === shown) return;
    shown = part;
    since = performance.now();
    for (const key of part.querySelectorAll("kbd[hidden]")) key.hidden = false;
    part.focus({ preventScroll: true });
    window.scrollTo({ top: 0 });
  }

  /* Keys count only while the focus is inside the pair, so that they never get in anybody's way. */
  document.addEventListener("keydown", (event) => {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    const part = event.target instanceof Element ? event.target.closest("[data-rating]") : null;
    if (!part || performance.now() - since < READ_AT_LEAST) return;
    const wanted = [...part.querySelectorAll("[data-key]")].find(
      (button) => button.dataset.key === event.key.toLowerCase(),
    );
    if (!wanted || part.dataset.busy !== undefined) return;
    event.preventDefault();
    wanted.click();
  });

  /* One verdict at a time: a second click waits for the next pair. */
  document.addEventListener("submit", (event) => {
    const part = event.target.closest?.("[data-rating]");
    if (!part) return;
    if (part.dataset.busy !== undefined) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    part.dataset.busy = "";
  }, true);
  document.addEventListener("htmx:error", () => {
    const part = document.querySelector("[data-rating]");
    if (part) delete part.dataset.busy;
  });
  document.addEventListener("htmx:after:request", (event) => {
    if (event.detail.ctx.response.status < 500) return;
    const part = document.querySelector("[data-rating]");
    if (part) delete part.dataset.busy;
  });
  document.addEventListener("htmx:after:swap", show);
  show();
})();

/* The editor of examples by keyboard. Without this file links, buttons and check boxes do it all. */
(() => {
  "use strict";

  const rows = () => [...document.querySelectorAll("[data-examples] > tr[data-example]")];
  const boxes = () => [...document.querySelectorAll('[data-examples] input[name="key"]')];
  const typing = (target) => target.closest("input:not([type=checkbox]), textarea, select");
  let returning = "";

  /* One row of the table can be reached by Tab; the arrows go on from there. */
  function prepare() {
    const all = rows();
    const current = all.find((row) => row.tabIndex === 0 && row.hasAttribute("tabindex"));
    for (const row of all) row.tabIndex = row === (current ?? all[0]) ? 0 : -1;
    for (const part of document.querySelectorAll("[data-keys], [data-tick-all]")) part.hidden = false;
    count();
  }

  function count() {
    const ticked = boxes().filter((box) => box.checked).length;
    for (const place of document.querySelectorAll("[data-ticked]")) {
      place.hidden = ticked === 0;
      place.textContent = ticked;
    }
  }

  function go(row) {
    if (!row) return;
    for (const other of rows()) other.tabIndex = -1;
    row.tabIndex = 0;
    row.focus();
  }

  const keyOf = (row) => row?.querySelector('input[name="key"]')?.value ?? "";

  document.addEventListener("keydown", (event) => {
    if (!(event.target instanceof Element)) return;
    const form = event.target.closest("tr.editing form");
    if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
      return;
    }
    if (form && event.key === "Escape") {
      event.preventDefault();
      form.querySelector("[data-back]")?.click();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const row = event.target.closest("tr[data-example]");
    if (!row) return;
    const all = rows();
    const place = all.indexOf(row);
    const acts = {
      ArrowDown: () => go(all[place + 1]),
      ArrowUp: () => go(all[place - 1]),
      Home: () => go(all[0]),
      End: () => go(all[all.length - 1]),
      Enter: () => row.querySelector("[data-edit]")?.click(),
      x: () => row.querySelector('input[name="key"]')?.click(),
      "/": () => document.querySelector("[data-find]")?.focus(),
    };
    // Enter and the arrows belong to a link or a box that has the focus itself.
    if (!(event.key in acts) || (event.target !== row && event.key === "Enter")) return;
    event.preventDefault();
    acts[event.key]();
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-tick-all]")) {
      for (const box of boxes()) box.checked = event.target.checked;
    }
    count();
  });

  /* An opened row takes the focus to its first field, a closed one back to itself. */
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("[data-edit]") : null;
    if (link) returning = keyOf(link.closest("tr"));
  });
  document.addEventListener("htmx:after:swap", () => {
    prepare();
    const editing = document.querySelector("tr.editing");
    if (editing) {
      if (!editing.contains(document.activeElement)) {
        editing.querySelector("[data-error-summary], textarea, input:not([type=hidden])")?.focus();
      }
    } else if (returning) {
      go(rows().find((row) => keyOf(row) === returning));
      returning = "";
    }
  });
  document.addEventListener("DOMContentLoaded", prepare);
  if (document.readyState !== "loading") prepare();
})();

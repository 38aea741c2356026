/* Small conveniences. Every page works without this file. */
(() => {
  "use strict";

  /* Theme switch: as the system, light, dark, and round again. */
  const THEMES = ["auto", "light", "dark"];
  const THEME_WORDS = { auto: "as the system", light: "light", dark: "dark" };

  function drawTheme(button) {
    const choice = window.assayTheme.choice();
    button.setAttribute("aria-label", `Theme: ${THEME_WORDS[choice]}`);
    button.title = `Theme: ${THEME_WORDS[choice]}`;
    for (const icon of button.querySelectorAll("[data-theme-icon]")) {
      icon.hidden = icon.dataset.themeIcon !== choice;
    }
  }

  /* What needs a script is hidden until there is one. */
  function reveal(part) {
    for (const button of part.querySelectorAll("[data-theme-switch]")) {
      button.hidden = false;
      drawTheme(button);
    }
    if (navigator.clipboard) {
      for (const button of part.querySelectorAll("[data-copy]")) button.hidden = false;
    }
    for (const button of part.querySelectorAll("[data-add-row], [data-print]")) button.hidden = false;
    for (const step of part.querySelectorAll(".rail-strip [aria-current]")) {
      const strip = step.closest(".rail-strip");
      strip.scrollLeft = step.offsetLeft + step.offsetParent.offsetLeft - strip.clientWidth / 3;
    }
    part.querySelector("[data-error-summary]")?.focus();
  }

  async function copy(button) {
    const before = button.getAttribute("aria-label");
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      return; // refused by the browser; the text can still be selected
    }
    button.dataset.done = "";
    button.setAttribute("aria-label", "Copied");
    setTimeout(() => {
      delete button.dataset.done;
      button.setAttribute("aria-label", before);
    }, 1600);
  }

  /*
   * One more row for a table of inputs: a copy of its last row, emptied. The number in its labels
   * and, in a formset, in its names goes up by one; without a script, saving adds the next row.
   */
  function addRow(body) {
    const last = body.lastElementChild;
    const row = last.cloneNode(true);
    const count = body.children.length;
    for (const part of row.querySelectorAll("*")) {
      for (const name of ["id", "name", "for", "aria-describedby"]) {
        const value = part.getAttribute(name);
        if (value) part.setAttribute(name, value.replace(/-\d+-/, `-${count}-`));
      }
      const label = part.getAttribute("aria-label");
      if (label) part.setAttribute("aria-label", label.replace(/\d+$/, count + 1));
      if (part.matches("legend")) part.textContent = part.textContent.replace(/\d+$/, count + 1);
      if (part.matches("input, textarea")) part.value = "";
      if (part.matches("select")) part.selectedIndex = 0;
      if (part.matches(".error")) part.remove();
      part.classList.remove("is-invalid");
      part.removeAttribute("aria-invalid");
    }
    body.append(row);
    const total = body.closest("form")?.querySelector('[name$="-TOTAL_FORMS"]');
    if (total) total.value = body.children.length;
    row.querySelector("input:not([type=hidden]), textarea, select")?.focus();
  }

  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    if (!target) return;
    const themeSwitch = target.closest("[data-theme-switch]");
    if (themeSwitch) {
      const next = THEMES[(THEMES.indexOf(window.assayTheme.choice()) + 1) % THEMES.length];
      window.assayTheme.choose(next);
      drawTheme(themeSwitch);
    }
    const copied = target.closest("[data-copy]");
    if (copied) copy(copied);
    const adder = target.closest("[data-add-row]");
    if (adder) addRow(document.getElementById(adder.dataset.addRow));
    if (target.closest("[data-print]")) window.print();
    const opener = target.closest("[data-dialog-open]");
    if (opener) document.getElementById(opener.dataset.dialogOpen)?.showModal();
    if (target.closest("[data-dialog-close]")) target.closest("dialog")?.close();
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(target)) menu.open = false;
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-autosubmit]")) event.target.form?.requestSubmit();
  });

  /* Leaving a form with changes asks first, until the last of them is sent or saved. */
  const typed = new WeakMap(); // how many changes a form has seen
  const kept = new WeakMap(); // how many of them the portal has
  const guarded = (form) => form instanceof HTMLFormElement && form.matches("[data-guard]");
  const changes = (form) => typed.get(form) ?? 0;
  const dirty = (form) => changes(form) > (kept.get(form) ?? 0);

  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (!guarded(form)) return;
    typed.set(form, changes(form) + 1);
    if (form.matches("[data-autosave]")) saveState(form, "changed", "not saved yet");
  });
  document.addEventListener("submit", (event) => kept.set(event.target, changes(event.target)));
  window.addEventListener("beforeunload", (event) => {
    if ([...document.querySelectorAll("form[data-guard]")].some(dirty)) event.preventDefault();
  });

  /* Autosave: a form with data-autosave says in its [data-save-state] how its last save went. */
  function saveState(form, state, words) {
    const place = form.querySelector("[data-save-state]") ?? document.querySelector("[data-save-state]");
    if (!place) return;
    place.dataset.state = state;
    place.textContent = words;
  }

  const clock = () => new Date().toISOString().slice(11, 16);
  const autosaving = (event) => event.target.closest?.("form[data-autosave]");
  const sent = new WeakMap(); // how many changes the request that is under way carries
  const refused = new WeakSet(); // forms whose last save was not taken

  document.addEventListener("htmx:before:request", (event) => {
    const form = autosaving(event);
    if (!form) return;
    sent.set(form, changes(form));
    saveState(form, "saving", "saving …");
  });
  document.addEventListener("htmx:after:request", (event) => {
    const form = autosaving(event);
    if (!form) return;
    if (event.detail.ctx.response.status < 400) {
      kept.set(form, sent.get(form));
      refused.delete(form);
    } else refused.add(form);
  });
  // After the swap, since the answer brings the portal's own words for what it had been sent.
  document.addEventListener("htmx:after:swap", () => {
    for (const form of document.querySelectorAll("form[data-autosave]")) {
      if (refused.has(form)) saveState(form, "failed", "not saved");
      else if (dirty(form)) saveState(form, "changed", "not saved yet");
      else if (kept.has(form)) saveState(form, "saved", `saved ${clock()}`);
    }
  });

  /* An error joins the page instead of replacing what it was about. */
  function say(words) {
    const place = document.getElementById("messages");
    if (!place) return;
    const box = document.createElement("div");
    box.className = "callout fail";
    box.setAttribute("role", "alert");
    const text = document.createElement("p");
    text.textContent = words;
    const body = document.createElement("div");
    body.append(text);
    box.append(document.createElement("span"), body);
    place.replaceChildren(box);
  }

  function endWait(element) {
    element.closest?.("[data-loads]")?.setAttribute("data-failed", "");
  }

  /* What a page asks by itself, on a timer, fails in silence: nobody did anything. */
  const inBackground = (event) => event.target.matches?.("[data-background]") ?? false;

  document.addEventListener("htmx:before:response", (event) => {
    const { ctx } = event.detail;
    const { status } = ctx.response;
    if (inBackground(event) && status >= 400) {
      event.preventDefault();
      return;
    }
    // 401 carries HX-Redirect to the sign-in page, 422 the form with its errors.
    if (status < 400 || status === 401 || status === 422) return;
    endWait(event.target);
    if (ctx.hx.retarget) return;
    if (status >= 500) {
      event.preventDefault();
      say("The portal did not answer as it should. Look what was saved before you try again.");
      return;
    }
    ctx.hx.retarget = "#messages";
    ctx.hx.reswap = "innerHTML";
  });
  document.addEventListener("htmx:after:swap", () => {
    const place = document.getElementById("messages");
    if (place?.querySelector("[role=alert]")) place.scrollIntoView({ block: "nearest" });
  });
  document.addEventListener("htmx:error", (event) => {
    if (inBackground(event)) return;
    const form = autosaving(event);
    if (form) {
      saveState(form, "failed", "not saved, no connection");
    }
    endWait(event.target);
    say("The portal could not be reached. Check the connection and try again.");
  });

  document.addEventListener("htmx:after:settle", (event) => reveal(event.target));
  reveal(document);
})();

/* Sliders beside number fields: the field stays what is sent, the slider only moves it. */
(() => {
  "use strict";

  const STEPS = 200;

  /* A scale by ratios: a step is worth the same share everywhere; two digits are enough to read. */
  const at = (slider, share) => {
    const low = Number(slider.dataset.low);
    const high = Number(slider.dataset.high);
    const value = Number((low * (high / low) ** share).toPrecision(2));
    return slider.dataset.whole === undefined ? value : Math.max(1, Math.round(value));
  };
  const share = (slider, value) => {
    const low = Number(slider.dataset.low);
    const high = Number(slider.dataset.high);
    return Math.min(1, Math.max(0, Math.log(value / low) / Math.log(high / low)));
  };
  /* Plain digits with at most six decimals: the portal reads no exponents. */
  const plain = (value) => value.toFixed(6).replace(/\.?0+$/, "");

  function follow(slider, field) {
    const value = Number((field.value || field.placeholder).replaceAll(",", ""));
    if (value > 0) slider.value = Math.round(share(slider, value) * STEPS);
    say(slider, value);
  }

  function say(slider, value) {
    slider.setAttribute("aria-valuetext", `${plain(value)} ${slider.dataset.unit}`);
  }

  for (const slider of document.querySelectorAll("input[type=range][data-moves]")) {
    const field = document.getElementById(slider.dataset.moves);
    slider.max = STEPS;
    slider.hidden = false;
    follow(slider, field);
    slider.addEventListener("input", (event) => {
      event.stopPropagation();
      const value = at(slider, Number(slider.value) / STEPS);
      field.value = plain(value);
      say(slider, value);
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
    field.addEventListener("input", (event) => {
      if (event.isTrusted) follow(slider, field);
    });
  }
})();

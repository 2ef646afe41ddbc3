// An earlier answer within a question stands in a tree of its own, so that the page's words stay as they came.
// A body map: a tap on a region ticks its box below the drawing; the boxes alone are what is sent, read aloud and
// reached by keys. Without this script the drawing is looked at only.
(() => {
"use strict";
const form = document.getElementById("visit");
const box = (region) => {
  const q = region.closest("fieldset");
  return q.querySelector("[name='" + q.id.split(".")[0] + "." + region.dataset.region + "']");
};
const regions = Array.from(form.querySelectorAll("[data-region]")).filter(box);
const pipes = Array.from(form.querySelectorAll("[data-pipe]"));
const say = (pipe) => {
  const inputs = Array.from(form.querySelectorAll("[name='" + pipe.dataset.pipe + "']"));
  const given = inputs.find((input) => (input.type === "radio" ? input.checked : input.value.trim()));
  const told = !given || given.closest("fieldset").disabled ? pipe.dataset.empty
    : given.type === "radio" ? given.nextElementSibling.textContent
    : given.type === "date" ? new Date(given.value).toLocaleDateString(document.documentElement.lang, { dateStyle: "long", timeZone: "UTC" })
    : (given.value.trim() + " " + (given.dataset.unit || "")).trim();
  (pipe.shadowRoot || pipe.attachShadow({ mode: "open" })).textContent = told;
};
const draw = () => pipes.forEach(say) || regions.forEach((region) => {
  region.classList.toggle("chosen", box(region).checked);
  region.classList.toggle("near", box(region).matches(":focus"));
});
regions.forEach((region) => (region.onclick = (event) => {
  event.stopPropagation();
  box(region).click();
}));
["input", "shown", "focusin", "focusout"].forEach((kind) => form.addEventListener(kind, () => setTimeout(draw)));
draw();
})();

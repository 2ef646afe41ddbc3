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
const draw = () => regions.forEach((region) => {
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

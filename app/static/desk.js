// The key "/" goes to the find box; everything works without it.
document.addEventListener("keydown", (event) => {
  const find = document.getElementById("find");
  if (!find || event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  event.preventDefault();
  find.focus();
});

// Where the bar is wider than the screen, the page that is open is in sight in it.
for (const open of document.querySelectorAll('nav [aria-current="page"]')) {
  const bar = open.closest("nav"), past = open.getBoundingClientRect().right - bar.getBoundingClientRect().right;
  if (past > 0) bar.scrollLeft += past;
}

// "Tick all" and "none" tick here and now; without a script they are links to a page that has them ticked.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-tick]");
  if (!link) return;
  event.preventDefault();
  for (const box of document.querySelectorAll('input[name="who"][form="many"]')) box.checked = link.dataset.tick === "all";
});

// A list that was left for two minutes is fetched anew when it is looked at again, unless something is being typed.
const shownAt = Date.now();
document.addEventListener("visibilitychange", () => {
  const old = Date.now() - shownAt > 120000;
  const busy = document.querySelector("main details[open]:not(.narrowing), main :focus");
  if (old && !busy && document.visibilityState === "visible" && document.querySelector("[data-fresh]")) location.reload();
});

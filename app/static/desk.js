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

// Today fetches its list anew every two minutes (htmx), but not while somebody is at work in it.
const isAtWork = () => document.querySelector("#list details[open], #list :focus, #list input:checked");
document.addEventListener("htmx:beforeRequest", (event) => {
  if (isAtWork()) event.preventDefault();
});

// Where the answer is no list, since she was signed out or may not see it any more, the page says so.
document.addEventListener("htmx:beforeSwap", (event) => {
  const answer = event.detail.xhr, status = answer.status;
  if (isAtWork()) event.detail.shouldSwap = false; // she began while it was on its way
  if (new URL(answer.responseURL).pathname === location.pathname && (status < 400 || status >= 500)) return;
  event.detail.shouldSwap = false;
  if (isAtWork()) return; // what she types would be gone with the page
  location.reload();
});

// Who clicks twice out of habit signs and confirms nothing with the second click, which was meant for the page before.
let looked = Infinity;
requestAnimationFrame(() => setTimeout(() => { looked = performance.now(); }));
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-final]") && performance.now() - looked < 700) event.preventDefault();
}, true);

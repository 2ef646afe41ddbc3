// The key "/" goes to the find box; everything works without it.
document.addEventListener("keydown", (event) => {
  const find = document.getElementById("find");
  if (!find || event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  event.preventDefault();
  find.focus();
});

// One tap tries one PIN: a second, or a key held down, is not another try, neither of this page nor of the next.
(() => {
const since = performance.now();
let tried = false;
addEventListener("submit", (event) => {
  if (tried || performance.now() - since < 700) event.preventDefault();
  else tried = true;
});
addEventListener("pageshow", () => (tried = false));
})();

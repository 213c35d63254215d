const stage = document.querySelector(".stage");
const handle = stage.querySelector("input");
const [width, height] = stage.style.aspectRatio.split("/").map(Number);

/** Both sides are bounded, so the larger size that fits both is worked out here. */
function fit() {
  const room = stage.parentElement.clientWidth - 8;
  const tall = Math.max(160, window.innerHeight - 90);
  stage.style.width = `${Math.min(room, (tall * width) / height)}px`;
}

function move() {
  stage.style.setProperty("--at", `${handle.value}%`);
}

handle.addEventListener("input", move);
window.addEventListener("resize", fit);
followTheme(fit);
move();
document.documentElement.dataset.ready = "true";

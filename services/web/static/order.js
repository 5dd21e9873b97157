// The order of the devices: moved with two buttons each, kept by the balancer.

import { ask } from "./asking.js";
import { make } from "./words.js";

let shown = "";

export function order(settings) {
  const wanted = settings.order;
  const list = document.getElementById("places");
  list.closest("section").hidden = wanted === undefined;
  document.getElementById("as-filed").onclick ??= () => ask("order", "");
  if (wanted === undefined || wanted === shown) return;
  shown = wanted;
  const names = wanted.split(",");
  list.replaceChildren(...names.map((name, place) => row(names, name, place)));
}

function row(names, name, place) {
  const up = mover(names, name, place, -1, "up", "↑");
  const down = mover(names, name, place, 1, "down", "↓");
  return make("li", {}, make("span", { textContent: name }), up, " ", down);
}

function mover(names, name, place, by, word, sign) {
  const onclick = () => move(names, place, by, word);
  const button = make("button", { type: "button", textContent: sign, onclick, disabled: !names[place + by] });
  button.setAttribute("aria-label", `Move ${name} ${word}`);
  return button;
}

// The list changes when the balancer says so; whoever uses the keyboard stays at the device that was moved.
async function move(names, place, by, word) {
  const moved = [...names];
  [moved[place], moved[place + by]] = [moved[place + by], moved[place]];
  if (!(await ask("order", moved.join(",")))) return;
  order({ order: moved.join(",") });
  const buttons = document.getElementById("places").children[place + by].querySelectorAll("button");
  (
    [...buttons].find((button) => button.getAttribute("aria-label").endsWith(word) && !button.disabled) ??
    [...buttons].find((button) => !button.disabled)
  )?.focus();
}

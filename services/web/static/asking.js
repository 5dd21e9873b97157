// Wishes to the balancer: each is sent, and its answer is told in one place.

import { put } from "./words.js";

const READ_MS = 8000;
let fading;

export async function ask(setting, value) {
  const answer = document.getElementById("answer");
  put(answer, "Asking …");
  clearTimeout(fading);
  try {
    const heard = await fetch("ask", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ setting, value: String(value) }),
    });
    if (heard.status === 401) location.assign("login");
    put(answer, (await heard.json()).text);
    return heard.ok;
  } catch {
    put(answer, "Ballast cannot be reached; nothing was asked.");
    return false;
  } finally {
    fading = setTimeout(() => put(answer, ""), READ_MS);
  }
}

// A setting that is a choice. It shows what is in force, also after a wish that was refused.
export function choices(settings) {
  for (const select of document.querySelectorAll("[data-setting]")) {
    const value = settings[select.dataset.setting];
    select.closest("label").hidden = value === undefined;
    if (value !== undefined && document.activeElement !== select) select.value = value;
    select.onchange ??= async () => {
      await ask(select.dataset.setting, select.value);
      select.blur();
    };
  }
}

export async function force(name, most_w) {
  const form = await opened("force", `${name} by hand`);
  if (!form) return;
  const { what, minutes, power } = form;
  if (what === "auto") return ask(`force_minutes/${name}`, 0);
  if (what === "off") return ask(`force_minutes/${name}`, -(minutes || 1440));
  if (!minutes || power) {
    const granted = await ask(`force_power_w/${name}`, power || most_w || 100000);
    if (!granted || !minutes) return;
  }
  return ask(`force_minutes/${name}`, minutes);
}

export async function byHand() {
  const form = await opened("hand", "Batteries by hand");
  if (form && (await ask("manual_minutes", form.minutes))) await ask("manual_power_w", form.power);
}

// The fields of a dialogue once it is closed with "Ask"; null if it was left.
function opened(id, title) {
  const dialog = document.getElementById(id);
  put(dialog.querySelector("h2"), title);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((tell) => {
    const form = dialog.querySelector("form");
    const closed = () => tell(dialog.returnValue ? Object.fromEntries(new FormData(form)) : null);
    dialog.addEventListener("close", closed, { once: true });
  });
}

// A card for each device, made once and kept: what changes is written into it.

import { ask, force } from "./asking.js";
import { UNKNOWN, ago, make, put, side, span, watts } from "./words.js";

const made = new Map();

export function devices(cards, settings, measured, now_ms) {
  const names = Object.keys(cards).filter((name) => name.startsWith("device/"));
  for (const [name, element] of made) {
    if (cards[name]) continue;
    element.remove();
    made.delete(name);
  }
  for (const name of names) {
    const list = [...document.querySelectorAll("[data-kinds]")].find((each) =>
      each.dataset.kinds.split(" ").includes(cards[name].kind),
    );
    if (!made.has(name)) made.set(name, list.appendChild(card(name.slice(7))));
    fill(made.get(name), name.slice(7), cards[name], settings, measured[name.slice(7)], now_ms);
  }
  for (const list of document.querySelectorAll("[data-kinds]")) list.parentElement.hidden = !list.children.length;
}

function card(name) {
  const element = document.getElementById("card").content.firstElementChild.cloneNode(true);
  put(part(element, "name"), name);
  return element;
}

const part = (element, name) => element.querySelector(`[data-at="${name}"]`);

function fill(element, name, device, settings, at_ms, now_ms) {
  const silent = device.stale || device.online === false;
  const power = part(element, "power");
  put(
    power,
    device.kind === "request"
      ? ""
      : device.kind === "pv"
        ? watts(device.power_w).replace("−", "")
        : watts(device.power_w),
  );
  power.className = silent ? "silent" : side(device.power_w);
  put(
    part(element, "does"),
    silent ? (at_ms ? `silent, measured ${ago(at_ms, now_ms)}` : "has said nothing yet") : doing(device),
  );
  const share = device.soc_pct ?? device.level_pct;
  const bar = part(element, "bar");
  bar.hidden = share === null || share === undefined;
  if (!bar.hidden) {
    bar.value = share;
    bar.setAttribute("aria-label", `${Math.round(share)} %`);
  }
  put(part(element, "told"), told(device, now_ms));
  const why = element.querySelector("details");
  why.hidden = !device.decision;
  if (device.decision) put(part(element, "reason"), device.decision.reason);
  if (why.open) facts(part(element, "facts"), device, at_ms, now_ms);
  why.ontoggle ??= () => facts(part(element, "facts"), device, at_ms, now_ms);
  wishes(part(element, "wishes"), name, device, settings);
}

function doing(device) {
  if (device.kind === "battery")
    return [charge(device), device.mode === "setpoint" ? "" : device.mode?.replaceAll("_", " ")]
      .filter(Boolean)
      .join(", ");
  if (device.kind === "ev") return [device.connected ? "connected" : "away", charge(device)].filter(Boolean).join(", ");
  if (device.kind === "switch") return `${device.on ? "on" : "off"}${device.locked ? ", locked" : ""}`;
  if (device.kind === "pv") return "produced";
  if (device.kind === "load") return device.level_pct === null ? "" : `turned up to ${Math.round(device.level_pct)} %`;
  if (device.kind === "request") {
    const wanted = device.on === null ? "" : device.on ? "wants to be on" : "wants nothing";
    const warm =
      device.current_c === null
        ? ""
        : `${device.current_c} °C${device.target_c === null ? "" : ` of ${device.target_c} °C`}`;
    return [wanted, warm, device.value ?? ""].filter((word) => word !== "").join(", ");
  }
  return "";
}

const charge = (device) =>
  device.soc_pct === null || device.soc_pct === undefined ? "" : `${Math.round(device.soc_pct)} %`;

function told(device, now_ms) {
  const control = device.control;
  if (device.member_of) return `part of ${device.member_of}`;
  if (!control) return "";
  if (!control.lease_until_ms) return `on its own (${control.mode})`;
  const left = `for ${span(Math.max(0, control.lease_until_ms - now_ms))}`;
  return control.setpoint_w === null ? `told ${left}` : `told ${watts(control.setpoint_w)} ${left}`;
}

function facts(list, device, at_ms, now_ms) {
  const { decision } = device;
  const rows = {
    target: decision && watts(decision.target_w),
    rule: decision?.rule,
    "bound by": decision?.bound_by,
    "taken up today":
      decision?.taken_wh === null || decision?.taken_wh === undefined ? null : `${Math.round(decision.taken_wh)} Wh`,
    "on in the last day":
      decision?.share_24h_pct === null || decision?.share_24h_pct === undefined
        ? null
        : `${Math.round(decision.share_24h_pct)} %`,
    device: device.makes,
    measured: ago(at_ms, now_ms),
  };
  const parts = Object.entries(rows).filter(([, value]) => value && value !== UNKNOWN);
  const text = parts.map(([name, value]) => `${name}\n${value}`).join("\n");
  if (list.textContent === text.replaceAll("\n", "")) return;
  list.replaceChildren(
    ...parts.flatMap(([name, value]) => [make("dt", { textContent: name }), make("dd", { textContent: value })]),
  );
}

// What can be asked for this device is what the balancer has a setting for.
function wishes(place, name, device, settings) {
  const minutes = settings[`force_minutes/${name}`];
  if (minutes !== undefined) {
    const button = one(place, "force", () =>
      make("button", { type: "button", onclick: () => force(name, device.max_w) }),
    );
    const hand = forced(Number(minutes), Number(settings[`force_power_w/${name}`] ?? 0));
    put(button, hand ? `${hand} …` : "By hand …");
    button.setAttribute("aria-label", `${name}: ${hand || "by hand"}`);
  }
  choice(place, name, "hot_water_mode", settings, ["solar", "day_night", "off"], "Hot water");
  choice(place, name, "boost_minutes", settings, ["0", "30", "60", "120", "on"], "Boost (minutes)");
  choice(place, name, "heat", settings, ["auto", "on", "off"], "Heat");
  reserve(place, name, settings);
}

function forced(minutes, power_w) {
  if (minutes < 0) return "kept off";
  return minutes > 0 || power_w > 0 ? "kept on" : "";
}

function choice(place, name, setting, settings, values, words) {
  const value = settings[`${setting}/${name}`];
  if (value === undefined) return;
  const select = one(place, setting, () => {
    const chosen = make("select", {
      onchange: () => ask(`${setting}/${name}`, chosen.value === "auto" ? "" : chosen.value),
    });
    chosen.append(...values.map((each) => make("option", { textContent: each })));
    return make("label", {}, `${words} `, chosen);
  }).querySelector("select");
  if (![...select.options].some((option) => option.value === value))
    select.append(make("option", { textContent: value }));
  if (document.activeElement !== select) select.value = value;
}

function reserve(place, name, settings) {
  const value = settings[`reserve_soc_pct/${name}`];
  if (value === undefined) return;
  const input = one(place, "reserve", () => {
    const asked = make("input", {
      type: "number",
      min: 0,
      max: 100,
      onchange: () => ask(`reserve_soc_pct/${name}`, asked.value),
    });
    return make("label", {}, "Reserve ", asked, " %");
  }).querySelector("input");
  if (document.activeElement !== input) input.value = value;
}

function one(place, key, maker) {
  const known = place.querySelector(`[data-key="${key}"]`);
  if (known) return known;
  const fresh = maker();
  fresh.dataset.key = key;
  return place.appendChild(fresh);
}

// The page: hears what changes, keeps it, and shows it.

import { byHand, choices } from "./asking.js";
import { devices } from "./devices.js";
import { order } from "./order.js";
import { ago, batteries, grid, hour, house, make, put, side, watts } from "./words.js";

const SILENCE_MS = 20000;
let cards = {};
let ahead_ms = 0; // of the house's clock, before this one
let heard_ms = 0;
let connected = false;
let anew = true; // the next event brings every card there is

function listen() {
  const stream = new EventSource("stream");
  stream.onmessage = ({ data }) => {
    const event = JSON.parse(data);
    heard_ms = Date.now();
    ahead_ms = event.now_ms - heard_ms;
    connected = event.connected;
    if (anew) cards = {};
    anew = false;
    for (const [name, card] of Object.entries(event.cards)) {
      if (card === null) delete cards[name];
      else cards[name] = card;
    }
    show();
    if (!performance.getEntriesByName("useful").length) performance.mark("useful");
  };
  stream.onopen = () => {
    anew = true;
  };
  stream.onerror = async () => {
    if (stream.readyState !== EventSource.CLOSED) return;
    const answer = await fetch("page.html").catch(() => null);
    if (answer?.status === 401) location.assign("login");
    else setTimeout(listen, 5000);
  };
}

function show() {
  const now_ms = Date.now() + ahead_ms;
  const { now = {}, settings = {}, measured = {}, tariff } = cards;
  const silent = Date.now() - heard_ms > SILENCE_MS;
  put(
    document.getElementById("line"),
    silent
      ? "no connection to Ballast"
      : connected
        ? `mode ${now.mode ?? "unknown"}${now.dry_run ? ", only deciding" : ""}`
        : "no connection to the broker",
  );
  sentence(now, now_ms);
  flow("grid", now.grid_w, grid);
  flow("house", now.house_w, house);
  flow(
    "sun",
    now.sun_w,
    () => "produced",
    (w) => -w,
  );
  flow("batteries", now.batteries_w, batteries);
  document.querySelector('[data-flow="sun"]').hidden = now.sun_w === null || now.sun_w === undefined;
  document.querySelector('[data-flow="batteries"]').hidden = !Object.values(cards).some(
    (card) => card.kind === "battery",
  );
  price(tariff, now_ms);
  alerts();
  choices(settings);
  devices(cards, settings, measured, now_ms);
  groups();
  plans(now_ms);
  news();
  order(settings);
  topics(measured, now_ms);
  services();
}

// What the balancer said last is only told as such when it is old.
function sentence(now, now_ms) {
  const said = now.sentence ?? "Waiting for the balancer.";
  put(
    document.getElementById("sentence"),
    now.silent_since_ms ? `The balancer is silent. It said ${ago(now.silent_since_ms, now_ms)}: ${said}` : said,
  );
  const missing = document.getElementById("missing");
  missing.hidden = !now.missing;
  put(missing, `Missing: ${now.missing ?? ""}`);
}

function flow(name, power_w, word, seen = (w) => w) {
  const place = document.querySelector(`[data-flow="${name}"]`);
  const [number, says] = [place.querySelector("b"), place.querySelector("span")];
  const known = power_w ?? null;
  put(number, name === "sun" && known !== null ? watts(known).replace("+", "") : watts(known));
  number.className = known === null ? "silent" : side(seen(known));
  put(says, word(known));
}

function price(tariff, now_ms) {
  const place = document.getElementById("tariff");
  place.hidden = !tariff || tariff.until_ms < now_ms;
  if (place.hidden) return;
  const cost = tariff.price_eur_per_kwh === null ? "not known" : `${tariff.price_eur_per_kwh.toFixed(3)} €/kWh`;
  const tomorrow = tariff.tomorrow_label ? ` Tomorrow: ${tariff.tomorrow_label}.` : "";
  put(
    place,
    `Energy costs ${cost} until ${hour(tariff.until_ms)}${tariff.label ? ` (${tariff.label})` : ""}.${tomorrow}`,
  );
}

function alerts() {
  const standing = Object.entries(cards).filter(([name]) => name.startsWith("alert/"));
  list(
    "alerts",
    standing,
    ([name]) => name,
    "p",
    (place, [, alert]) => put(place, `${alert.text} ${alert.advice}`),
  );
  document.getElementById("alerts").hidden = !standing.length;
}

function groups() {
  const known = Object.entries(cards).filter(([name]) => name.startsWith("group/"));
  list(
    "groups",
    known,
    ([name]) => name,
    "li",
    (place, [name, group]) => {
      const heats = group.members.split(",").filter((_, index) => group.live[index] === "1");
      place.className = "card";
      if (!place.children.length) place.append(make("h3", { textContent: name.slice(6) }), make("p"), make("p"));
      put(place.children[1], group.sentence);
      put(place.children[2], heats.length ? `On: ${heats.join(", ")}` : "Nobody is on.");
    },
  );
  document.getElementById("groups").parentElement.hidden = !known.length;
}

function plans(now_ms) {
  const known = Object.entries(cards).filter(([name]) => name.startsWith("plan/") && name !== "plan/main");
  const house = cards["plan/main"];
  document.getElementById("plan").parentElement.hidden = !house && !known.length;
  put(document.getElementById("intent"), house?.sentence ?? "");
  put(document.getElementById("score"), cards.score?.sentence ?? "");
  list(
    "plans",
    known,
    ([name]) => name,
    "li",
    (place, [name, plan]) => {
      place.className = "card";
      if (!place.children.length) place.append(make("h3", { textContent: name.slice(5) }), make("p"), make("p"));
      put(place.children[1], plan.sentence);
      const ahead = plan.slots.filter((slot) => slot.end_ms > now_ms);
      put(place.children[2], ahead.map((slot) => intent(slot, now_ms)).join(", "));
    },
  );
}

function intent(slot, now_ms) {
  const power = slot.power_w ? ` ${watts(Math.round(slot.power_w))}` : "";
  return `${hour(Math.max(slot.start_ms, now_ms))} ${slot.intent}${power}`;
}

function news() {
  const told = (cards.news ?? []).slice(0, 8);
  list(
    "decisions",
    told,
    (item) => `${item.at_ms}${item.device}`,
    "li",
    (place, item) => {
      const target = item.target_w === null ? "" : ` ${watts(item.target_w)}:`;
      put(place, `${hour(item.at_ms, "2-digit")} ${item.device}${target} ${item.reason}`);
    },
  );
}

function topics(measured, now_ms) {
  const place = document.getElementById("topics");
  if (!place.closest("details").open) return;
  const base = cards.site?.base ?? "";
  const known = Object.entries(cards).filter(([name]) => name.startsWith("device/"));
  list(
    "topics",
    known,
    ([name]) => name,
    "tr",
    (row, [name, device]) => {
      const id = name.slice(7);
      const cells = [
        id,
        `${base}/${device.kind}/${id}/state`,
        (device.topics ?? []).join(", ") || "–",
        device.writer ?? "–",
        ago(measured[id], now_ms),
      ];
      if (!row.children.length) row.append(make("th", { scope: "row" }), ...cells.slice(1).map(() => make("td")));
      cells.forEach((text, index) => put(row.children[index], text));
    },
  );
}

function services() {
  const known = Object.entries(cards).filter(([name]) => name.startsWith("service/"));
  list(
    "services",
    known,
    ([name]) => name,
    "li",
    (place, [name, card]) => {
      const troubles = [card.late && card.status === "online" ? "silent" : "", card.error ?? ""].filter(Boolean);
      const well = card.status === "online" && !troubles.length;
      put(place, `${well ? "✓" : "✗"} ${[`${name.slice(8)}: ${card.status}`, ...troubles].join(", ")}`);
    },
  );
}

// Children of a list by key, in order: those that stay are the same elements as before.
function list(id, items, key, tag, fill) {
  const place = document.getElementById(id);
  const known = new Map([...place.children].map((child) => [child.dataset.name, child]));
  const wanted = items.map((item) => {
    const name = key(item);
    const child = known.get(name) ?? make(tag);
    child.dataset.name = name;
    fill(child, item);
    return child;
  });
  if (wanted.length !== place.children.length || wanted.some((child, index) => place.children[index] !== child))
    place.replaceChildren(...wanted);
}

document.getElementById("manual").onclick = byHand;
document.getElementById("topics").closest("details").ontoggle = show;
setInterval(show, 1000);
listen();

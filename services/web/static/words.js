// Numbers and times as people read them. What is unknown is a dash, never a zero.

export const UNKNOWN = "–";
const whole = new Intl.NumberFormat("en");

export function watts(power_w) {
  if (power_w === null || power_w === undefined) return UNKNOWN;
  return `${power_w > 0 ? "+" : power_w < 0 ? "−" : ""}${whole.format(Math.abs(power_w))} W`;
}

export function side(power_w) {
  return power_w > 0 ? "takes" : power_w < 0 ? "gives" : "";
}

export function ago(then_ms, now_ms) {
  if (!then_ms) return "never";
  return `${span(Math.max(0, now_ms - then_ms))} ago`;
}

export function span(length_ms) {
  const length_s = length_ms / 1000;
  if (length_s < 99.5) return `${Math.round(length_s)} s`;
  return length_s < 5970 ? `${Math.round(length_s / 60)} min` : `${Math.round(length_s / 3600)} h`;
}

export function hour(at_ms, seconds) {
  return new Date(at_ms).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", second: seconds });
}

export const grid = (w) => (w === null ? "waiting for the meter" : w > 25 ? "drawn" : w < -25 ? "fed in" : "at zero");
export const house = (w) => (w === null ? "" : w >= 0 ? "drawn" : "more sun than it needs");
export const batteries = (w) => (w === null ? "not all are known" : w > 5 ? "charging" : w < -5 ? "giving" : "at rest");

// One write for each text that is new: what people read or have selected is left alone.
export function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function make(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

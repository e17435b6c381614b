// The page of drivers without an account: what the label of a charge point leads to, and the charge that began there.
// All it knows is in its address. It is drawn anew from each answer, from text only.
import { WORDS } from "/drive/words.js";

const API = "/public-api/internal/drive/v1.0/";
const EVERY_MS = 5000, SOON_MS = 2000, TOLD_EVERY_MS = 60000, RECEIPT_LOOKS = 24;
const PLUGS = { type1: "Type 1", type2: "Type 2", ccs1: "CCS 1", ccs2: "CCS", chademo: "CHAdeMO", schuko: "Schuko", nacs: "NACS" };
const TONES = { available: "good", plugged: "good", inUse: "wait", reserved: "wait", outOfService: "bad" };

const code = location.pathname.split("/").pop();
const asked = new URLSearchParams(location.search);
const tags = navigator.languages ?? [navigator.language ?? "en"];
const base = (tag) => tag.toLowerCase().split("-")[0];
const language = [asked.get("lang") ?? "", ...tags].map(base).find((tag) => WORDS[tag]) ?? "en";
const locale = tags.find((tag) => base(tag) === language) ?? language;
const words = WORDS[language];
let key = asked.get("charge");
let place = null, state = "", drawn = "", told = { title: "", at: 0 }, timer = 0, clock = 0, looked = 0;

const byId = (id) => document.getElementById(id);
const say = (name, ...values) => (words[name] ?? name).replace(/\{(\d)\}/g, (_, at) => values[at]);
const number = (value, digits = 0) => value.toLocaleString(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
const money = (value, currency) => value.toLocaleString(locale, { style: "currency", currency });
const address = (charge, lang = language) => `?${new URLSearchParams(charge ? { charge, lang } : { lang })}`;

function element(name, properties, ...children) {
  const made = document.createElement(name);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}
const paragraph = (text, kind) => text && element("p", { class: kind ?? null }, text);
const heading = (text) => element("h1", { tabindex: "-1" }, text);
const link = (href, text) => element("a", { href, rel: "noreferrer" }, text);

async function ask(path, body) {
  const options = body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(`${API}${path}${body ? "" : `?language=${language}`}`, { cache: "no-store", ...options });
  if (!answer.ok) throw Object.assign(new Error(answer.status), { status: answer.status, wait: answer.headers.get("Retry-After") });
  return answer.status === 202 ? null : answer.json();
}

// ---- parts

const label = (reference, ...beside) => element("div", { class: "label" }, element("strong", {}, reference), element("div", {}, beside));

function where({ name, address, physicalReference, plugs, maxPower, state }) {
  const types = [...new Set(plugs.map(({ type }) => PLUGS[type] ?? type.toUpperCase()))].join(", ") || say("plugs");
  return element("section", {},
    label(physicalReference, heading(name ?? say("title", physicalReference)), paragraph(address, "quiet")),
    paragraph(say("check")),
    paragraph(say(state), `state ${TONES[state]}`),
    paragraph(maxPower ? say("plug", types, number(maxPower / 1000, maxPower % 1000 ? 1 : 0)) : types));
}

function costs(tariff) {
  const rows = [...grouped(tariff.prices)].map(([about, prices]) => [element("dt", {}, say(about)), prices.map(({ text }) => element("dd", {}, text))]);
  return element("section", {},
    element("h2", {}, say("prices")),
    rows.length ? element("dl", { class: "prices" }, rows) : paragraph(say("free")),
    rows.length > 0 && paragraph(tariff.taxPercentage === null ? say("untaxed") : say("tax", number(tariff.taxPercentage, tariff.taxPercentage % 1 ? 1 : 0)), "quiet"),
    /^https?:/.test(tariff.learnMoreUrl) && element("p", {}, link(tariff.learnMoreUrl, say("more"))));
}

function grouped(prices) {
  const groups = new Map();
  for (const one of prices) groups.set(one.about, [...(groups.get(one.about) ?? []), one]);
  return groups;
}

const figure = (name, value, kind) => value !== null && element("div", { class: kind ?? null }, element("dt", {}, say(name)), element("dd", {}, value));

function figures(charge) {
  const { cost, left, currency, energy, power, duration } = charge, ended = charge.stoppedAt !== null;
  return element("dl", { class: "figures" },
    figure(ended ? "costEnd" : "cost", cost === null ? null : money(cost, currency), "first"),
    figure("charged", `${number(energy, 2)} kWh`), figure("minutes", say("min", number(Math.floor((duration ?? 0) / 60)))),
    figure("power", power === null ? null : `${number(power, 1)} kW`),
    figure("left", left === null || ended ? null : money(left, currency)));
}

function button(text, kind, action) {
  const made = element("button", { type: "button", class: kind, onclick: async () => {
    made.disabled = true;
    try {
      await action();
    } catch (fault) {
      made.disabled = false;
      made.after(element("p", { class: "bad", role: "alert" }, say(fault.status === 429 ? "many" : "busy")));
    }
  } }, text);
  return made;
}

function receipt({ receiptUrl, receiptSent }) {
  if (!receiptUrl) return null;
  const field = element("input", { id: "email", type: "email", required: true, maxlength: 254, autocomplete: "email", "aria-describedby": "wrong once" });
  const wrong = element("p", { id: "wrong", class: "bad", role: "alert" }), go = element("button", { class: "plain" }, say("send"));
  const send = async (event) => {
    event.preventDefault();
    go.disabled = true;
    try {
      await ask("receipt", { charge: key, email: field.value.trim() });
    } catch ({ status }) {
      if (status !== 409) {
        go.disabled = false;
        wrong.textContent = say(status === 422 ? "wrong" : status === 429 ? "many" : "busy");
        return field.focus();
      }
    }
    await look();
    byId("sent")?.focus();
  };
  return element("div", { class: "receipt" },
    element("p", {}, element("a", { id: "pdf", href: receiptUrl, rel: "noreferrer" }, say("pdf"))),
    receiptSent ? element("p", { id: "sent", tabindex: "-1", class: "good" }, say("sent"))
      : element("form", { onsubmit: send }, element("label", { for: "email" }, say("email")), field,
        wrong, element("p", { id: "once", class: "quiet" }, say("once")), go));
}

// ---- what is shown

function ofPlace() {
  const { station, tariff } = place, free = ["available", "plugged"].includes(station.state);
  const hold = tariff && tariff.hold !== null;
  return [where(station), tariff && costs(tariff),
    element("section", {},
      !tariff ? paragraph(say("closed")) : !free ? paragraph(say(station.state === "outOfService" ? "out_of_service" : "unready")) : [
        hold && paragraph(say("hold", money(tariff.hold, tariff.currency))),
        button(say(hold ? "pay" : "begin"), null, begin)])];
}

async function begin() {
  const { key: its, redirectUrl } = await ask(`codes/${code}/charges`, { language });
  key = its;
  history.replaceState(null, "", address(key));
  if (redirectUrl) location.assign(redirectUrl);
  else await look();
}

const stop = (name, kind) => button(say(name), kind, async () => { await ask("stop", { charge: key }); await look(); });
const over = () => element("a", { class: "button", href: address() }, say("again"));
const held = ({ hold, currency }) => (hold === null ? "" : money(hold, currency));

const SHOWN = {
  entering: (charge) => charge.redirectUrl
    ? ["entering", paragraph(say("enteringText")), element("a", { class: "button", href: charge.redirectUrl }, say("enter")), stop("cancel", "plain")]
    : ["checking", paragraph(say("checkingText")), element("progress", { "aria-label": say("checking") })],
  held: (charge) => SHOWN.starting(charge),
  starting: (charge) => ["starting",
    paragraph(charge.hold === null ? say("startingFree") : say("startingText", held(charge))),
    element("p", { class: "clock", id: "clock", role: "timer" }), stop("cancel", "plain")],
  charging: (charge) => ["charging", figures(charge),
    charge.hold !== null && element("progress", { max: charge.hold, value: charge.hold - charge.left, "aria-label": say("cost") }),
    stop("stop", "stop"), paragraph(say("chargingText"), "quiet")],
  stopping: (charge) => charge.stoppedAt
    ? ["paying", paragraph(charge.hold === null ? "" : say("payingText")), figures(charge)]
    : ["stopping", paragraph(say("stoppingText")), figures(charge)],
  captured: (charge) => ["captured", paragraph(say("capturedText", money(charge.captured, charge.currency), money(charge.released, charge.currency))),
    figures(charge), paragraph(say("bank"), "quiet"), receipt(charge), over()],
  released: (charge) => ["released", paragraph(charge.reason && say(charge.reason)), charge.startedAt && figures(charge),
    paragraph(charge.hold === null ? "" : say("releasedText", held(charge))), charge.hold !== null && paragraph(say("bank"), "quiet"), over()],
  failed: (charge) => ["failed", paragraph(charge.reason && say(charge.reason)), over()],
};

function ofCharge(charge) {
  const [title, ...parts] = SHOWN[charge.state](charge);
  tell(title, charge);
  return [element("section", {}, label(charge.physicalReference, paragraph(charge.station))),
    element("section", { class: `is-${charge.state}` }, heading(say(title)), parts)];
}

// A screen reader is told of each new state at once, and of the running figures once a minute.
function tell(title, { state, cost, currency, energy, left }) {
  if (title === told.title && Date.now() - told.at < TOLD_EVERY_MS) return;
  const running = state === "charging" && cost !== null && [`${number(energy, 2)} kWh`, `${say("cost")}: ${money(cost, currency)}`, left !== null && `${say("left")}: ${money(left, currency)}`];
  byId("told").textContent = [say(title), ...(running || [])].filter(Boolean).join(", ");
  told = { title, at: Date.now() };
}

function draw(nodes, looks, moves = false) {
  const focused = document.activeElement?.tagName === "BUTTON" && document.activeElement.className;
  if (looks === drawn) return;
  drawn = looks;
  const page = byId("page");
  page.replaceChildren(...nodes.flat(9).filter(Boolean));
  if (moves) page.querySelector("h1")?.focus();
  else if (focused !== false) [...page.querySelectorAll("button")].find((one) => one.className === focused)?.focus();
}

function count(seconds) {
  clearInterval(clock);
  const end = performance.now() + seconds * 1000;
  const show = () => {
    const left = Math.max(0, Math.round((end - performance.now()) / 1000)), shown = byId("clock");
    if (shown) shown.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  };
  show();
  clock = setInterval(show, 500);
}

// ---- looking

async function look() {
  clearTimeout(timer);
  let wait = EVERY_MS;
  try {
    if (!place || !key) place = await ask(`codes/${code}`);
    frame();
    byId("fault").textContent = "";
    if (key) {
      let charge = await ask(`charges/${key}`);
      if (charge.redirectUrl) {
        await ask("entered", { charge: key });
        charge = await ask(`charges/${key}`);
      }
      draw(ofCharge(charge), JSON.stringify({ ...charge, secondsLeft: 0, receiptUrl: !charge.receiptUrl }), state !== "" && state !== charge.state);
      state = charge.state;
      byId("pdf")?.setAttribute("href", charge.receiptUrl); // each is good for a day
      count(charge.secondsLeft ?? 0);
      if (["captured", "released", "failed"].includes(state) && (state !== "captured" || charge.receiptUrl || looked++ > RECEIPT_LOOKS)) return;
      if (state === "held" || (state === "entering" && !charge.redirectUrl)) wait = SOON_MS; // nobody has to do anything
    } else draw(ofPlace(), JSON.stringify(place));
  } catch (fault) {
    if (fault.status === 404) return draw([element("section", {}, heading(say("unknown")), paragraph(say("unknownText")))], "unknown");
    wait = Math.max(EVERY_MS, 1000 * (fault.wait ?? 0));
    byId("fault").textContent = say(fault.status === 429 ? "many" : "away");
  }
  timer = setTimeout(look, wait);
}

function frame() {
  const { operator, station } = place;
  document.title = say("title", station.physicalReference);
  byId("operator").textContent = operator.name ?? station.name ?? "";
  byId("help").replaceChildren(...[
    (operator.phone || operator.email) && element("p", {}, `${say("help")} `,
      operator.phone && link(`tel:${operator.phone.replace(/[^+\d]/g, "")}`, operator.phone),
      operator.phone && operator.email && " · ", operator.email && link(`mailto:${operator.email}`, operator.email)),
    operator.termsUrl && element("p", {}, link(operator.termsUrl, say("terms")))].filter(Boolean));
}

document.documentElement.lang = language;
byId("languages").append(...Object.keys(WORDS).map((tag) => element("a",
  { href: address(key, tag), lang: tag, hreflang: tag, "aria-label": WORDS[tag].language, "aria-current": tag === language && "true" }, tag.toUpperCase())));
if (asked.has("setup")) history.replaceState(null, "", address(key));
document.addEventListener("visibilitychange", () => document.hidden || look());
look();

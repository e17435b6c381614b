// The card page: shows how a set-up stands, and sends what is entered into it. All texts are in the page.

const reference = location.pathname.split("/")[2];
const at = `/public-api/internal/embedded-gateway/v1.0/setups/${reference}`;
const language = document.documentElement.lang;
const BRANDS = { visa: "Visa", mastercard: "Mastercard", amex: "American Express", maestro: "Maestro" };
const FIELDS = { number: "number", expMonth: "expiry", expYear: "expiry", cvc: "cvc" };
const by = (id) => document.getElementById(id);
const all = (selector) => document.querySelectorAll(selector);

/** Ask the gateway; null where it did not answer as it should. */
async function ask(path, body) {
  by("failed").firstElementChild.hidden = true;
  for (const button of all("button")) button.disabled = true;
  try {
    const options = body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
    const answer = await fetch(at + path, { cache: "no-store", referrerPolicy: "no-referrer", ...options });
    if (answer.ok || answer.status === 422) return await answer.json();
    if (answer.status === 409) return await ask(""); // it stands otherwise than this page knows
  } catch {
    // said below
  } finally {
    for (const button of all("button")) button.disabled = false;
  }
  by("failed").firstElementChild.hidden = false;
  return null;
}

/** Show how the set-up stands. */
function show(setup) {
  by("loading").hidden = true;
  const shown = by(setup.state).hidden;
  for (const section of all("main > section")) section.hidden = section.id !== setup.state;
  by("operator").hidden = !setup.operator;
  by("operator").querySelector("strong").textContent = setup.operator ?? "";
  by("held").hidden = setup.amount === null;
  if (setup.amount !== null) by("amount").value = money(setup.amount, setup.currency);
  for (const text of all("[data-reason]")) text.hidden = text.dataset.reason !== setup.reason;
  if (setup.card) for (const text of all(".card")) text.textContent = `${BRANDS[setup.card.brand]} •••• ${setup.card.last4}`;
  for (const back of all(".back")) {
    back.hidden = setup.returnUrl === null;
    if (setup.returnUrl !== null) back.querySelector("a").href = setup.returnUrl;
  }
  by("close").hidden = setup.returnUrl !== null;
  if (setup.state === "stored" && setup.returnUrl !== null) location.replace(setup.returnUrl);
  else if (shown) by(setup.state).querySelector("h1[tabindex], input").focus();
}

function money(amount, currency) {
  return new Intl.NumberFormat(language, { style: "currency", currency }).format(amount);
}

/** Mark the fields of these names as wrong, and no others. */
function mark(names) {
  for (const name of ["number", "expiry", "cvc"]) {
    by(`${name}-wrong`).hidden = !names.has(name);
    by(name).setAttribute("aria-invalid", names.has(name));
  }
  for (const name of ["number", "expiry", "cvc"]) if (names.has(name)) return by(name).focus();
}

async function enter(event) {
  event.preventDefault();
  for (const text of all("[data-reason]")) text.hidden = true;
  const expiry = /^\s*(0?[1-9]|1[0-2])\s*\/?\s*(?:20)?(\d{2})\s*$/.exec(by("expiry").value);
  const card = { number: by("number").value, cvc: by("cvc").value.trim() };
  const wrong = new Set();
  if (!/\d/.test(card.number)) wrong.add("number");
  if (!expiry) wrong.add("expiry");
  if (!/^\d{3,4}$/.test(card.cvc)) wrong.add("cvc");
  mark(wrong);
  if (wrong.size) return;
  card.expMonth = Number(expiry[1]);
  card.expYear = 2000 + Number(expiry[2]);
  const answer = await ask("/card", card);
  if (answer === null) return;
  mark(new Set(Object.keys(answer.errors ?? {}).map((name) => FIELDS[name])));
  if (answer.errors) return;
  by("form").reset();
  show(answer);
  if (answer.state === "open") by("number").focus();
}

async function tell(confirmed) {
  const answer = await ask("/challenge", { confirmed });
  if (answer !== null) show(answer);
}

by("form").addEventListener("submit", enter);
by("confirm").addEventListener("click", () => tell(true));
by("refuse").addEventListener("click", () => tell(false));
by("number").addEventListener("blur", () => {
  const digits = by("number").value.replace(/\D/g, "");
  const amex = digits.replace(/^(\d{4})(\d{0,6})(\d{0,9})$/, "$1 $2 $3");
  by("number").value = (/^3[47]/.test(digits) ? amex : digits.replace(/\d{4}(?=\d)/g, "$& ")).trim();
});
const found = await ask("");
if (found !== null) show(found);

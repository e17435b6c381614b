// The reader of the API document: the list of operations on the left, the chosen one on the right.

import { element, prose } from "./element.js";
import { Request } from "./request.js";
import { Schemas } from "./schema.js";

const METHODS = ["get", "post", "put", "patch", "delete"];
const page = Object.fromEntries(["token", "search", "found", "tags", "operation"].map((id) => [id, document.getElementById(id)]));

function operationsOf(api, schemas) {
  return Object.entries(api.paths ?? {}).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => {
      const raw = item[method];
      const parameters = [...(item.parameters ?? []), ...(raw.parameters ?? [])].map((one) => schemas.resolve(one));
      const content = schemas.resolve(raw.requestBody).content ?? {};
      const body = (content["application/json"] ?? Object.values(content)[0])?.schema;
      return { ...raw, path, method, parameters, body, id: `${method}${path}`, tag: raw.tags?.[0] ?? "other" };
    }));
}

// ---- the list

function list(operations) {
  const tags = grouped(operations);
  for (const tag of [...tags.keys()].sort((a, b) => a.localeCompare(b))) {
    const links = tags.get(tag).map((one) => {
      one.words = `${one.method} ${one.path} ${one.summary ?? ""} ${one.tag} ${one.operationId ?? ""}`.toLowerCase();
      one.link = element("a", { href: `#${one.id}`, title: one.path, class: one.deprecated ? "deprecated" : undefined },
        method(one), element("span", {}, one.summary ?? one.path), element("small", {}, one.path.match(/\bv\d+\.\d+\b/)?.[0]));
      return one.link;
    });
    page.tags.append(element("details", {}, element("summary", {}, tag, element("small", {}, String(links.length))), links));
  }
}

function grouped(operations) {
  const groups = new Map();
  for (const one of operations) groups.set(one.tag, [...(groups.get(one.tag) ?? []), one]);
  return groups;
}

function method(one) {
  return element("b", { class: `method ${one.method}` }, one.method.toUpperCase());
}

function search(operations) {
  const words = page.search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = operations.filter((one) => {
    one.link.hidden = !words.every((word) => one.words.includes(word));
    return !one.link.hidden;
  });
  for (const group of page.tags.children) {
    group.hidden = ![...group.querySelectorAll("a")].some((link) => !link.hidden);
    group.open = words.length > 0 || group.querySelector("[aria-current]") !== null;
  }
  page.found.textContent = words.length ? `${found.length} of ${operations.length} operations` : `${operations.length} operations`;
}

// ---- one operation

function show(one, schemas) {
  const query = one.parameters.map((parameter) => ({ ...parameter, depth: 0, path: parameter.name }));
  page.operation.replaceChildren(
    element("h2", {}, one.summary ?? one.path),
    element("p", { class: "path" }, method(one), element("code", {}, one.path)),
    one["x-scope"] ? element("p", {}, "Scope: ", element("code", {}, one["x-scope"])) : element("p", {}, "Asks for no token."),
    one.deprecated ? element("p", { class: "warning" }, "Deprecated: a newer version of this operation exists.") : "",
    ...prose(one.description),
    ...section("Parameters", query.length && table(parameterFields(query, schemas), schemas)),
    ...section("Request body", one.body && bodyOf(one.body, schemas)),
    element("h3", {}, "Answers"),
    ...Object.entries(one.responses ?? {}).map(([status, answer]) => answerOf(status, schemas.resolve(answer), schemas)),
    new Request(one, schemas, page.token).view(),
  );
  document.title = `${one.summary ?? one.path} · API reference`;
}

function section(title, content) {
  return content ? [element("h3", {}, title), content] : [];
}

function parameterFields(parameters, schemas) {
  return parameters.flatMap((one) => {
    const schema = { ...schemas.flat(one.schema), description: one.description ?? schemas.flat(one.schema).description };
    const below = schema.type === "object" ? schemas.fields(schema, 1) : [];
    const name = one.in === "query" ? one.name : `${one.name} (${one.in})`;
    return [{ name, depth: 0, schema: one.deprecated ? { ...schema, deprecated: true } : schema, required: one.required }, ...below];
  });
}

function bodyOf(node, schemas) {
  const fields = schemas.fields(node);
  const kind = schemas.type(node);
  return fields.length ? table(fields, schemas) : element("p", {}, element("code", {}, kind), ...prose(schemas.flat(node).description));
}

function answerOf(status, answer, schemas) {
  const node = Object.values(answer.content ?? {})[0]?.schema;
  const head = [element("span", { class: `status s${status[0]}` }, status), ` ${answer.description ?? ""}`];
  if (!node) return element("p", { class: "answer" }, head);
  return element("details", { class: "answer", open: status[0] === "2" }, element("summary", {}, head), bodyOf(node, schemas));
}

function table(fields, schemas) {
  return element("div", { class: "scroll", role: "region", "aria-label": "Fields", tabindex: "0" }, element("table", {},
    element("thead", {}, element("tr", {}, ["Field", "Type", "Meaning"].map((name) => element("th", { scope: "col" }, name)))),
    element("tbody", {}, fields.map((field) => row(field, schemas)))));
}

function row({ name, depth, schema: node, required }, schemas) {
  const schema = schemas.flat(node);
  const values = schemas.enum(node);
  const marks = [
    required && "required", schema.nullable && "nullable", schema.readOnly && "read-only", schema.writeOnly && "write-only",
    schema.deprecated && "deprecated",
  ].filter(Boolean);
  return element("tr", { class: schema.deprecated ? "deprecated" : undefined },
    element("th", { scope: "row", "--depth": depth }, element("code", {}, name)),
    element("td", {}, schemas.type(node), ...marks.map((mark) => element("span", { class: `mark ${mark}` }, mark))),
    element("td", {}, ...prose(schema.description),
      values.length ? element("p", { class: "values" }, values.map((value) => element("code", {}, String(value)))) : "",
      schemas.limits(node).length ? element("p", { class: "quiet" }, schemas.limits(node).join(" · ")) : ""));
}

// ---- the keyboard

function keys(event) {
  const typing = /INPUT|TEXTAREA|SELECT/.test(document.activeElement.tagName);
  if (event.key === "/" && !typing) {
    event.preventDefault();
    page.search.select();
  } else if (event.key === "Escape" && document.activeElement === page.search) {
    page.search.value = "";
    page.search.dispatchEvent(new Event("input"));
  } else if (["ArrowDown", "ArrowUp"].includes(event.key) && document.activeElement.closest("nav")) {
    step(event.key === "ArrowDown" ? 1 : -1);
    event.preventDefault();
  }
}

function step(by) {
  const places = [page.search, ...page.tags.querySelectorAll("summary, a")].filter((place) => place.checkVisibility());
  places[places.indexOf(document.activeElement) + by]?.focus();
}

async function begin() {
  const answer = await fetch("/openapi.json");
  if (!answer.ok) throw new Error(`/openapi.json answered ${answer.status}`);
  const api = await answer.json();
  const schemas = new Schemas(api);
  const operations = operationsOf(api, schemas);
  document.querySelector("h1").textContent = `${api.info.title} ${api.info.version}`;
  list(operations);

  const open = () => {
    const one = operations.find(({ id }) => id === decodeURIComponent(location.hash.slice(1))) ?? operations[0];
    if (!one) return page.operation.replaceChildren("The document has no operations.");
    page.tags.querySelector("[aria-current]")?.removeAttribute("aria-current");
    one.link.setAttribute("aria-current", "page");
    one.link.closest("details").open = true;
    one.link.scrollIntoView({ block: "nearest" });
    show(one, schemas);
    page.operation.scrollTop = 0;
  };
  page.token.value = sessionStorage.getItem("token") ?? "";
  page.token.addEventListener("input", () => sessionStorage.setItem("token", page.token.value));
  page.search.addEventListener("input", () => search(operations));
  addEventListener("hashchange", open);
  addEventListener("keydown", keys);
  open();
  search(operations);
}

begin().catch((fault) => page.operation.replaceChildren(element("p", { class: "warning" }, `The document cannot be read: ${fault.message}.`)));

// "Try it": the fields of one operation's request, the same request as a curl line, and its answer.

import { element } from "./element.js";

export class Request {
  constructor(operation, schemas, token) {
    this.operation = operation;
    this.schemas = schemas;
    this.token = token;
    this.inputs = operation.parameters.flatMap((parameter) => this.#inputs(parameter, schemas.flat(parameter.schema), parameter.name));
    this.body = operation.body && element("textarea", { rows: 10, spellcheck: "false", "aria-label": "Body" });
    if (this.body) this.body.value = JSON.stringify(schemas.example(operation.body), null, 2);
    this.curl = element("pre", { class: "curl", tabindex: 0 });
    this.answer = element("div", { "aria-live": "polite" });
    this.#write();
  }

  // A deepObject (filter) is one input a field, and so are its nested objects: filter[location][id].
  #inputs(parameter, schema, name) {
    if (schema.properties) {
      return Object.entries(schema.properties).flatMap(([key, sub]) =>
        this.#inputs({ ...parameter, required: false }, this.schemas.flat(sub), `${name}[${key}]`));
    }
    const values = schema.type === "boolean" ? ["true", "false"] : this.schemas.enum(schema);
    const many = schema.type === "array";
    const input = values.length
      ? element("select", { multiple: many, size: many ? Math.min(values.length, 5) : undefined },
        many ? [] : element("option", { value: "" }, "–"), values.map((value) => element("option", {}, String(value))))
      : element("input", { type: "text", placeholder: this.schemas.type(schema), spellcheck: "false" });
    return [{ name: many && !name.endsWith("[]") ? `${name}[]` : name, place: parameter.in, required: parameter.required, input }];
  }

  // Values given, one pair a value.
  #given(place) {
    return this.inputs.filter((one) => one.place === place).flatMap(({ name, input }) => {
      const values = input.multiple ? [...input.selectedOptions].map((option) => option.value) : [input.value];
      return values.filter((value) => value !== "").map((value) => [name, value]);
    });
  }

  get url() {
    const path = this.#given("path").reduce(
      (path, [name, value]) => path.replace(`{${name}}`, encodeURIComponent(value)), this.operation.path);
    const query = this.#given("query").map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
    return location.origin + path + (query ? `?${query}` : "");
  }

  get headers() {
    const always = { Accept: "application/json", ...Object.fromEntries(this.#given("header")) };
    if (this.body) always["Content-Type"] = "application/json";
    return always;
  }

  // The token itself stays out of the line: lines get copied into chats and tickets.
  #write() {
    const parts = [`curl -g -X ${this.operation.method.toUpperCase()} ${quoted(this.url)}`];
    if (this.operation["x-scope"]) parts.push(`-H "Authorization: Bearer $TOKEN"`);
    parts.push(...Object.entries(this.headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`));
    if (this.body) parts.push(`-d ${quoted(compact(this.body.value))}`);
    this.curl.textContent = parts.join(" \\\n  ");
  }

  async #send(event) {
    event.preventDefault();
    this.answer.replaceChildren(element("p", { class: "quiet" }, "Waiting for the answer…"));
    const headers = { ...this.headers, ...(this.token.value && { Authorization: `Bearer ${this.token.value}` }) };
    const began = performance.now();
    try {
      const answer = await fetch(this.url, { method: this.operation.method.toUpperCase(), headers, body: this.body?.value });
      const text = await answer.text();
      const took = Math.round(performance.now() - began);
      this.answer.replaceChildren(
        element("p", {}, element("span", { class: `status s${String(answer.status)[0]}` }, String(answer.status)),
          ` ${answer.statusText} in ${took} ms, ${text.length} characters`),
        element("pre", { tabindex: 0 }, pretty(text) || "(empty)"));
    } catch (fault) {
      this.answer.replaceChildren(element("p", { class: "status s5" }, `No answer: ${fault.message}`));
    }
  }

  view() {
    const rows = this.inputs.map(({ name, place, required, input }) =>
      element("label", {}, element("span", {}, element("code", {}, name), required ? " *" : "", place === "path" ? " in the path" : ""), input));
    const copy = element("button", { type: "button", onclick: () => navigator.clipboard?.writeText(this.curl.textContent) }, "Copy");
    return element("section", { "aria-label": "Try it" },
      element("h3", {}, "curl ", copy), this.curl,
      element("h3", {}, "Try it"),
      element("form", { onsubmit: (event) => this.#send(event), oninput: () => this.#write() },
        element("div", { class: "inputs" }, rows),
        this.body ? element("label", { class: "wide" }, element("span", {}, "Body, JSON"), this.body) : "",
        element("button", { type: "submit", class: this.operation.method }, `Send ${this.operation.method.toUpperCase()}`)),
      this.answer);
  }
}

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function compact(text) {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

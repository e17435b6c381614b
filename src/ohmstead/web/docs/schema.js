// Schemas of OpenAPI 3.0 and 3.1, read into what a person asks: which fields, which types, which limits.

const DEEPEST = 8;
const LIMITS = {
  minimum: "≥", maximum: "≤", exclusiveMinimum: ">", exclusiveMaximum: "<", multipleOf: "multiple of",
  minLength: "length ≥", maxLength: "length ≤", minItems: "items ≥", maxItems: "items ≤", pattern: "matches",
};

export class Schemas {
  constructor(document) {
    this.document = document;
  }

  // Follows references; what stands beside a reference (a description, say) wins.
  resolve(node) {
    let found = node ?? {};
    for (let step = 0; found.$ref && step < 20; step++) {
      const { $ref, ...beside } = found;
      const parts = $ref.replace(/^#\//, "").split("/").map((part) => part.replace(/~1/g, "/").replace(/~0/g, "~"));
      found = { ...parts.reduce((at, part) => at?.[part], this.document), ...beside };
    }
    return found;
  }

  // One flat schema: allOf merged, null taken out of anyOf, oneOf and type, the choices left as `choices`.
  flat(node) {
    const schema = { ...this.resolve(node) };
    const whole = (schema.allOf ?? []).map((part) => this.flat(part));
    for (const part of whole) merge(schema, part);
    const branches = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].map((part) => this.flat(part));
    const types = [schema.type ?? []].flat();
    schema.nullable ||= types.includes("null") || branches.some((part) => part.type === "null" || part.nullable);
    schema.type = types.filter((type) => type !== "null").join(" or ") || undefined;
    if (types.length && !schema.type) schema.type = "null";
    const choices = branches.filter((part) => part.type !== "null");
    if (choices.length === 1) merge(schema, choices[0]);
    else if (choices.length) schema.choices = choices;
    return schema;
  }

  type(node, depth = 0) {
    const schema = this.flat(node);
    if (schema.choices && depth < DEEPEST) {
      return [...new Set(schema.choices.map((part) => this.type(part, depth + 1)))].join(" or ");
    }
    if (schema.type === "array" || schema.items) return `array of ${this.type(schema.items, depth + 1)}`;
    const name = schema.type ?? (schema.properties ? "object" : schema.enum ? "string" : "any");
    return schema.format ? `${name} (${schema.format})` : name;
  }

  limits(node) {
    const schema = this.flat(node);
    const found = Object.entries(LIMITS).filter(([key]) => schema[key] !== undefined && schema[key] !== false)
      .map(([key, words]) => `${words} ${schema[key]}`);
    if (schema.default !== undefined) found.push(`default ${JSON.stringify(schema.default)}`);
    return found;
  }

  enum(node) {
    const schema = this.flat(node);
    const own = schema.enum ?? (schema.const !== undefined ? [schema.const] : []);
    return (own.length ? own : schema.items ? this.enum(schema.items) : []).filter((value) => value !== null);
  }

  // All fields below a schema in reading order: {path, depth, name, schema, required}.
  fields(node, depth = 0, path = "") {
    if (depth > DEEPEST) return [];
    const schema = this.flat(node);
    if (schema.items) return this.fields(schema.items, depth, `${path}[]`);
    const below = (name, sub, required) => [
      { path: `${path}.${name}`, depth, name, schema: sub, required },
      ...this.fields(sub, depth + 1, `${path}.${name}`),
    ];
    const must = Array.isArray(schema.required) ? schema.required : [];
    const own = Object.entries(schema.properties ?? {}).flatMap(([name, sub]) => below(name, sub, must.includes(name)));
    const extra = schema.additionalProperties;
    if (extra && typeof extra === "object" && Object.keys(extra).length) own.push(...below("<any name>", extra, false));
    const seen = new Set(own.map((field) => field.path));
    const ofChoices = (schema.choices ?? []).flatMap((part) => this.fields(part, depth, path));
    return [...own, ...ofChoices.filter((field) => !seen.has(field.path) && seen.add(field.path))];
  }

  // A body to begin from: only what must be sent, so that a careless "Send" of an update changes nothing.
  example(node, depth = 0) {
    const schema = this.flat(node);
    if (schema.example !== undefined) return schema.example;
    if (schema.examples?.length) return schema.examples[0];
    if (schema.default !== undefined) return schema.default;
    if (schema.choices) return this.example(schema.choices[0], depth + 1);
    if (schema.items) return depth < DEEPEST && schema.minItems ? [this.example(schema.items, depth + 1)] : [];
    if (schema.properties || schema.type === "object") return this.#object(schema, depth);
    const simple = { string: "", integer: schema.minimum ?? 0, number: schema.minimum ?? 0, boolean: false };
    return this.enum(schema)[0] ?? simple[schema.type] ?? null;
  }

  #object(schema, depth) {
    const must = Array.isArray(schema.required) ? schema.required : [];
    const wanted = depth < DEEPEST ? must.filter((name) => !this.flat(schema.properties?.[name]).readOnly) : [];
    return Object.fromEntries(wanted.map((name) => [name, this.example(schema.properties?.[name], depth + 1)]));
  }
}

function merge(into, part) {
  const required = [...(Array.isArray(into.required) ? into.required : []), ...(part.required ?? [])];
  const properties = { ...into.properties, ...part.properties };
  for (const [key, value] of Object.entries(part)) into[key] ??= value;
  if (required.length) into.required = required;
  if (Object.keys(properties).length) into.properties = properties;
  delete into.allOf;
}

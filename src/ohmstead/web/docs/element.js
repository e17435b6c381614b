// Elements of the page: made from text only, so that nothing of the document is ever taken for markup.

export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key.startsWith("--")) made.style.setProperty(key, value); // a style attribute is refused: see the page's policy
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

// A description: blank lines part paragraphs, `- ` begins an item, backquotes mark code.
export function prose(text) {
  const plain = (text ?? "").replace(/<\/?br\s*\/?>/gi, "\n").trim();
  if (!plain) return [];
  return plain.split(/\n\s*\n/).map((block) => {
    const lines = block.split("\n").map((line) => line.trim()).filter(Boolean);
    const isList = lines.length > 1 && lines.every((line) => /^[-*•] /.test(line));
    if (isList) return element("ul", {}, lines.map((line) => element("li", {}, ...code(line.slice(2)))));
    return element("p", {}, ...lines.flatMap((line, at) => (at ? [element("br"), ...code(line)] : code(line))));
  });
}

function code(line) {
  return line.split("`").map((part, at) => (at % 2 ? element("code", {}, part) : part));
}

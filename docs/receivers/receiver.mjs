// Receives webhooks of Ohmstead: verifies each, drops repeats, prints the rest. Node 20 and nothing else.
//
// OHMSTEAD_TOKEN=<the token that made the subscription> node receiver.mjs 8900

import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const TOKEN = process.env.OHMSTEAD_TOKEN;
const TOLERATED_S = 300;
const MOST_BYTES = 1_000_000;
const known = new Set(); // ids that were taken; keep yours in a database, with what you do with them

if (!TOKEN) throw new Error("OHMSTEAD_TOKEN is missing");

/** Whether these very bytes come from who has the token, and of late. */
function verified(headers, body) {
  const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": given = "" } = headers;
  if (!/^\d+$/.test(at) || Math.abs(Date.now() / 1000 - Number(at)) > TOLERATED_S) return false;
  const signed = createHmac("sha256", TOKEN).update(`${id}.${at}.`).update(body).digest("base64");
  const [ours, theirs] = [Buffer.from(`v1,${signed}`), Buffer.from(given)];
  return ours.length === theirs.length && timingSafeEqual(ours, theirs);
}

/** The bytes as they came; undefined where there are too many. */
async function bytesOf(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MOST_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function taken(request, body) {
  if (body === undefined) return 413;
  if (!verified(request.headers, body)) return 401;
  const id = request.headers["webhook-id"];
  if (!known.has(id)) {
    known.add(id);
    const notification = JSON.parse(body); // only now
    console.log(id, notification.notification);
  }
  return 202; // at once: whatever takes long is done afterwards
}

const server = createServer(async (request, response) => {
  try {
    response.writeHead(taken(request, await bytesOf(request)), { "Content-Length": 0 }).end();
  } catch {
    response.destroy(); // who called hung up, or sent no JSON
  }
});
server.listen(Number(process.argv[2] ?? 8900), "127.0.0.1", () =>
  console.log(`listening on http://127.0.0.1:${server.address().port}/`),
);

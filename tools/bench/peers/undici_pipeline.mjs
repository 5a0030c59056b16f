// A Node pipeline with undici, to Splunk's HEC: `undici_pipeline.mjs TASK`.
// Pages → OCSF-like events (as in reshape.py) → bodies → gzip level 1 in Node's thread pool → four requests in flight.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { Pool } from "undici";

const task = JSON.parse(readFileSync(process.argv[2], "utf8"));
const IN_FLIGHT = 4;
const PAGE = 1000;
const VERBS = { created: [1, "Create"], viewed: [2, "Read"], updated: [3, "Update"], deleted: [4, "Delete"] };
const MAPPED = new Set(["id", "type", "created_at", "organization_uuid", "actor"]);
const ACTOR_FIELDS = new Set(["user_id", "email_address", "ip_address", "user_agent"]);
const PRODUCT = { vendor_name: "Anthropic", name: "Compliance API" };
const REPORTER = { name: "Anthropic", hostname: "api.anthropic.com" };
const LOGGERS = [{ name: "claude-siem", uid: task.instance, version: "0.1.0", logged_time: task.logged_ms }];
const NAMESPACE = Buffer.from(task.namespace.replaceAll("-", ""), "hex");
const HEADERS = { authorization: `Splunk ${task.token}`, "content-encoding": "gzip" };
const compress = promisify(gzip);
const feed = new Pool(task.feed, { connections: 1 });
const hec = new Pool(task.hec, { connections: IN_FLIGHT });

async function* pages() {
  let after = "";
  for (;;) {
    const path = `/v1/compliance/activities?limit=${PAGE}&order=asc${after}`;
    const response = await feed.request({ path, method: "GET", headers: { "x-api-key": task.key } });
    const page = await response.body.json();
    if (response.statusCode !== 200) throw new Error(JSON.stringify(page));
    yield page.data;
    if (!page.has_more) return;
    after = `&after_id=${encodeURIComponent(page.last_id)}`;
  }
}

async function* bodies(source) {
  let pending = [];
  let size = 0;
  for await (const activities of source) {
    for (const activity of activities) {
      const line = JSON.stringify(envelope(reshape(activity)));
      if (size + line.length > task.body_bytes && pending.length) {
        yield pending.join("\n");
        pending = [];
        size = 0;
      }
      pending.push(line);
      size += line.length + 1;
    }
  }
  if (pending.length) yield pending.join("\n");
}

async function deliver(source) {
  const inFlight = new Set();
  for await (const body of source) {
    const sent = send(body).finally(() => inFlight.delete(sent));
    inFlight.add(sent);
    if (inFlight.size >= IN_FLIGHT) await Promise.race(inFlight);
  }
  await Promise.all(inFlight);
}

async function send(raw) {
  const body = await compress(raw, { level: 1 });
  const response = await hec.request({ path: "/services/collector/event", method: "POST", headers: HEADERS, body });
  const reply = await response.body.json();
  if (response.statusCode !== 200 || reply.code !== 0) throw new Error(`${response.statusCode} ${JSON.stringify(reply)}`);
}

function reshape(activity) {
  const code = activity.type;
  const actor = activity.actor ?? {};
  const [verbId, verb] = VERBS[code.slice(code.lastIndexOf("_") + 1)] ?? [99, "Other"];
  const { user_id: uid, email_address: email, ip_address: ip, user_agent: agent } = actor;
  let resource;
  const rest = {};
  for (const [name, value] of Object.entries(activity)) {
    if (MAPPED.has(name) || value === null) continue;
    rest[name] = value;
    if (!resource && name.endsWith("_id") && name !== "organization_id") resource = value;
  }
  rest.actor = {};
  for (const [name, value] of Object.entries(actor)) if (!ACTOR_FIELDS.has(name)) rest.actor[name] = value;
  return {
    class_uid: 6001,
    class_name: "Web Resources Activity",
    category_uid: 6,
    category_name: "Application Activity",
    activity_id: verbId,
    activity_name: verb,
    type_uid: 600100 + verbId,
    type_name: `Web Resources Activity: ${verb}`,
    time: Date.parse(activity.created_at),
    severity_id: 1,
    severity: "Informational",
    status_id: 1,
    status: "Success",
    metadata: {
      version: "1.8.0",
      uid: uuid5(activity.id),
      original_event_uid: activity.id,
      event_code: code,
      product: PRODUCT,
      log_name: "compliance.activities",
      log_provider: "Anthropic",
      log_format: "JSON",
      original_time: activity.created_at,
      logged_time: task.logged_ms,
      tenant_uid: activity.organization_uuid,
      reporter: REPORTER,
      loggers: LOGGERS,
      profiles: ["host"],
    },
    actor: { user: { uid, name: email, email_addr: email, type: "User", type_id: 1 } },
    src_endpoint: { ip },
    http_request: { user_agent: agent },
    web_resources: [{ uid: resource, type: "Resource" }],
    observables: [
      { name: "src_endpoint.ip", type: "IP Address", type_id: 2, value: ip },
      { name: "actor.user.uid", type: "User Object: uid", type_id: 31, value: uid },
      { name: "actor.user.email_addr", type: "Email Address", type_id: 5, value: email },
      { name: "web_resources[].uid", type: "Resource UID", type_id: 10, value: resource },
    ],
    unmapped: rest,
  };
}

function uuid5(name) {
  const hash = createHash("sha1").update(NAMESPACE).update(name).digest().subarray(0, 16);
  hash[6] = (hash[6] & 0x0f) | 0x50;
  hash[8] = (hash[8] & 0x3f) | 0x80;
  const h = hash.toString("hex");
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`;
}

function envelope(event) {
  const user = event.actor.user;
  const meta = event.metadata;
  return {
    time: event.time / 1000,
    host: task.host,
    source: "claude:activities",
    sourcetype: "ocsf:anthropic:claude",
    index: "claude",
    fields: {
      claude_class: event.class_uid,
      claude_activity: event.activity_id,
      claude_event_code: meta.event_code,
      claude_user: user.name,
      claude_actor_uid: user.uid,
      claude_organization: meta.tenant_uid,
      claude_src_ip: event.src_endpoint.ip,
      claude_object_uid: event.web_resources[0].uid,
      claude_uid: meta.uid,
    },
    event,
  };
}

await pipeline(pages, bodies, deliver);
await Promise.all([feed.close(), hec.close()]);

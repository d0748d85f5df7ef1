// peer.mjs CONFIG REPORT: node:https (or node:http) and JSON.parse.
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import tls from 'node:tls';

const config = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const secureContext = tls.createSecureContext({ ca: fs.readFileSync(config.caFile) });

function request(url, options, body) {
  const client = url.startsWith('https:') ? https : http;
  return new Promise((resolve, reject) => {
    const req = client.request(url, { secureContext, agent: false, ...options }, (res) => {
      const chunks = [];
      res.on('data', (chunk) => chunks.push(chunk));
      res.on('end', () => resolve({ status: res.statusCode, text: Buffer.concat(chunks).toString() }));
      res.on('error', reject);
    });
    req.on('error', reject);
    req.end(body);
  });
}

const { text } = await request(config.tokenUrl,
  { method: 'POST', headers: { 'Content-Type': 'application/json' } },
  JSON.stringify({ grantType: 'app_token', AppId: config.appId, AppSecret: config.appSecret }));
const headers = { Authorization: `Bearer ${JSON.parse(text).accessToken}` };

async function fetchCluster(cluster) {
  try {
    const res = await request(`${config.scheme}://${cluster}/researcher/api/v1/jobs/${config.project}`, { headers });
    if (res.status !== 200) return { data: [], status: `http ${res.status}` };
    return { data: JSON.parse(res.text).data, status: 'ok' };
  } catch (error) {
    return { data: [], status: `error ${error.message}` };
  }
}

const answers = new Array(config.clusters.length);
let next = 0;
await Promise.all(Array.from({ length: config.concurrency }, async () => {
  for (let i = next++; i < config.clusters.length; i = next++) answers[i] = await fetchCluster(config.clusters[i]);
}));

const totals = { workloads: 0, byStatus: {}, byType: {}, byProject: {}, byUser: {} };
const add = (counts, key) => { counts[key] = (counts[key] ?? 0) + 1; };
const clusters = answers.map(({ data, status }, i) => {
  for (const w of data) {
    w.cluster = config.clusters[i];
    totals.workloads++;
    add(totals.byStatus, w.status);
    add(totals.byType, w.type);
    add(totals.byProject, w.project);
    add(totals.byUser, w.user);
  }
  return { cluster: config.clusters[i], status, workloads: data.length };
});

// One string for the whole report could pass V8's length limit, so the list
// goes out a cluster at a time.
const out = fs.openSync(process.argv[3], 'w');
fs.writeSync(out, `{"totals":${JSON.stringify(totals)},"clusters":${JSON.stringify(clusters)},"workloads":[`);
let first = true;
for (const { data } of answers) {
  if (data.length === 0) continue;
  fs.writeSync(out, (first ? '' : ',') + JSON.stringify(data).slice(1, -1));
  first = false;
}
fs.writeSync(out, ']}\n');
fs.closeSync(out);
process.exit(0);

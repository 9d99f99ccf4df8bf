// The client of the first design, with nothing but what its document says: sign in, take the session_id, send it as a
// cookie. Commands come as lines of JSON and are done side by side; each is answered by a line.

import { createInterface } from "node:readline";

const [address] = process.argv.slice(2);
const sessionIds = {};

async function login(username, password) {
  const response = await fetch(`${address}/api/login`, {
    method: "POST",
    body: JSON.stringify({ username, password }),
  });
  const answer = await told(response);
  sessionIds[username] = answer.body.session_id;
  return answer;
}

function get(username, path) {
  return call(username, path, { method: "GET" });
}

function post(username, path, body) {
  return call(username, path, { method: "POST", body: JSON.stringify(body) });
}

async function call(username, path, options) {
  const headers = { Cookie: `session_id=${sessionIds[username]}` };
  return told(await fetch(`${address}/api/${path}`, { ...options, headers }));
}

async function told(response) {
  const text = await response.text();
  const isJson = response.headers.get("content-type").includes("json");
  return {
    status: response.status,
    file: response.headers.get("content-disposition"),
    body: isJson ? JSON.parse(text) : text,
  };
}

const deeds = { login, get, post };

for await (const line of createInterface({ input: process.stdin })) {
  const { id, deed, values } = JSON.parse(line);
  deeds[deed](...values).then(
    (answer) => console.log(JSON.stringify({ id, ...answer })),
    (error) => console.log(JSON.stringify({ id, error: String(error.cause ?? error) })),
  );
}

#!/usr/bin/env node
// scimmy and scimmy-routers on express, over a small store in memory.
//
//   scimmy.mjs start PORT     in the foreground; prints READY when it serves
//
// INTEROP_TOKEN (tok) is the bearer token, INTEROP_CACHE the folder that keeps the packages.
// INTEROP_EXPRESS=4 (default) is what the routers were made for. With 5, which their peer
// range allows and a plain install picks, startIndex and count are ignored and every list
// is its first 20: a good hostile server.
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const EXPRESS = { 4: "4.22.3", 5: "5.3.0" }[process.env.INTEROP_EXPRESS ?? "4"];
const PKGS = { scimmy: "1.3.5", "scimmy-routers": "1.3.2", express: EXPRESS };
const [verb, portText] = process.argv.slice(2);
if (verb !== "start" || !/^\d+$/.test(portText ?? "")) {
  console.error("usage: scimmy.mjs start PORT");
  process.exit(2);
}
const port = Number(portText), token = process.env.INTEROP_TOKEN ?? "tok";
const dir = join(process.env.INTEROP_CACHE ?? join(process.env.HOME, ".cache", "scim-interop"), "scimmy-express-" + EXPRESS);
if (!existsSync(join(dir, ".installed"))) {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, "package.json"), JSON.stringify({ name: "scim-interop", private: true, dependencies: PKGS }));
  execFileSync("npm", ["install", "--no-fund", "--no-audit", "--no-progress"], { cwd: dir, stdio: ["ignore", 2, 2] });
  writeFileSync(join(dir, ".installed"), "");
}
const require = createRequire(join(dir, "package.json"));
const express = require("express");
// both by require: the routers and this file must share one scimmy instance
const SCIMMY = require("scimmy").default ?? require("scimmy");
const SCIMMYRouters = require("scimmy-routers").default ?? require("scimmy-routers");

const fold = (s) => String(s ?? "").toLowerCase();
function store(kind, key) {
  const all = new Map();
  const conflict = (id, v) => [...all.values()].some((x) => x.id !== id && fold(x[key]) === fold(v));
  return {
    all,
    ingress: (resource, data) => {
      const old = resource.id ? all.get(resource.id) : undefined;
      if (resource.id && !old) throw new SCIMMY.Types.Error(404, null, `${kind} ${resource.id} not found`);
      if (kind === "User" && conflict(resource.id, data[key])) throw new SCIMMY.Types.Error(409, "uniqueness", `${key} is taken`);
      const now = new Date().toISOString();
      const plain = JSON.parse(JSON.stringify(data));
      delete plain.password;
      const item = { ...plain, id: old?.id ?? randomUUID(), meta: { resourceType: kind, created: old?.meta.created ?? now, lastModified: now } };
      all.set(item.id, item);
      return structuredClone(item);
    },
    egress: (resource) => {
      if (resource.id) {
        if (!all.has(resource.id)) throw new SCIMMY.Types.Error(404, null, `${kind} ${resource.id} not found`);
        return structuredClone(all.get(resource.id));
      }
      const list = structuredClone([...all.values()]);
      return resource.filter ? resource.filter.match(list) : list;
    },
    degress: (resource) => {
      if (!all.delete(resource.id)) throw new SCIMMY.Types.Error(404, null, `${kind} ${resource.id} not found`);
    },
  };
}
const users = store("User", "userName"), groups = store("Group", "displayName");
SCIMMY.Resources.declare(SCIMMY.Resources.User, users);
SCIMMY.Resources.declare(SCIMMY.Resources.Group, groups);
SCIMMY.Resources.User.extend(SCIMMY.Schemas.EnterpriseUser, false);

const app = express();
app.use("/scim/v2", new SCIMMYRouters({
  type: "bearer",
  handler: (req) => {
    if (req.header("Authorization") !== `Bearer ${token}`) throw new Error("Authorization not detected!");
    return "robot";
  },
}));
const server = app.listen(port, "127.0.0.1", () => console.log(`READY http://127.0.0.1:${port}/scim/v2`));
for (const s of ["SIGTERM", "SIGINT"]) process.on(s, () => { server.close(); process.exit(0); });

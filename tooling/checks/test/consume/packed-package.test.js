import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { attwFaults, publintFaults } from "../../src/consume/packaging-linters.js"
import { closure, readPackedPackage } from "../../src/consume/packed-package.js"

let folder = ""
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "luxbus-packed-"))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** @param {object} entry what `exports["."]` is */
function pack(entry) {
  mkdirSync(join(folder, "package/dist"), { recursive: true })
  const manifest = { name: "@luxbus/one", version: "1.0.0", type: "module", files: ["dist"], exports: { ".": entry } }
  writeFileSync(join(folder, "package/package.json"), JSON.stringify(manifest))
  writeFileSync(join(folder, "package/dist/index.js"), "export const one = 1\n")
  writeFileSync(join(folder, "package/dist/index.d.ts"), "export declare const one: number\n")
  execFileSync("tar", ["czf", "one.tgz", "package"], { cwd: folder })
  return join(folder, "one.tgz")
}

test("reads a package out of its tarball", () => {
  const { name, manifest, files } = readPackedPackage(pack({ default: "./dist/index.js" }))
  expect(name).toBe("@luxbus/one")
  expect(manifest.version).toBe("1.0.0")
  expect(files.get("dist/index.js")).toBe("export const one = 1\n")
})

test("publint and attw pass a package that is right, though it cannot be required", async () => {
  const tarball = pack({ types: "./dist/index.d.ts", default: "./dist/index.js" })
  expect(await publintFaults(tarball)).toEqual([])
  expect(await attwFaults(tarball, true)).toEqual([])
})

test("publint finds an entry that is not there, attw that its types come from elsewhere", async () => {
  const tarball = pack({ types: "./dist/absent.d.ts", default: "./dist/index.js" })
  expect((await publintFaults(tarball)).join()).toContain("absent.d.ts")
  expect((await attwFaults(tarball, true)).join()).toContain("FallbackCondition")
})

test("the closure of a package holds what it is installed with, and what that is", () => {
  const packages = new Map(
    Object.entries({ a: { b: "^1" }, b: { c: "^1", ws: "8" }, c: {}, d: {} }).map(([name, dependencies]) => [
      name,
      { name, tarball: "", manifest: { name, version: "1.0.0", dependencies }, files: new Map() },
    ]),
  )
  expect([...closure(["a"], packages)].sort()).toEqual(["a", "b", "c"])
})

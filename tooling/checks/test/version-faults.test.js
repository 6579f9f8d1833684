import { expect, test } from "vitest"
import { breakingBump, concernedBy, versionFaults } from "../src/version-faults.js"

test("a release concerns the package and whoever is installed with it, not those who test with it", () => {
  const packages = [
    { name: "packet" },
    { name: "session", dependencies: { packet: "workspace:^" } },
    { name: "crypto", peerDependencies: { packet: "workspace:^" } },
    { name: "clock", devDependencies: { packet: "workspace:^" } },
  ].map((manifest) => ({ directory: "", manifest: { version: "0.0.0", ...manifest } }))
  expect([...concernedBy("packet", packages)]).toEqual(["packet", "session", "crypto"])
})

test("finds a package that moved for nothing, and one that stayed", () => {
  const before = new Map(Object.entries({ packet: "0.1.0", session: "0.1.0", clock: "0.1.0" }))
  const after = new Map(Object.entries({ packet: "0.2.0", session: "0.1.0", clock: "0.1.1" }))
  expect(versionFaults(before, after, new Set(["packet", "session"]))).toEqual([
    "session stayed at 0.1.0",
    "clock went from 0.1.0 to 0.1.1 for nothing",
  ])
  expect(versionFaults(before, after, new Set(["packet", "clock"]))).toEqual([])
})

test("what breaks users is a minor version before 1.0, a major one from there", () => {
  expect(breakingBump("0.9.3")).toBe("minor")
  expect(breakingBump("1.0.0")).toBe("major")
})

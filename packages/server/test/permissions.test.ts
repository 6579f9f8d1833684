import { expect, test } from "vitest"
import { compilePermissions } from "../src/permissions.ts"

test("an action without patterns is denied, and without permissions everything is allowed", () => {
  const all = compilePermissions(undefined)
  expect([all("publish", "a"), all("operate", "clients"), all("takeover", "a")]).toEqual([true, true, false])
  const permits = compilePermissions({ publish: ["a.*"] })
  expect([permits("publish", "a.b"), permits("publish", "b.a"), permits("subscribe", "a.b")]).toEqual([
    true,
    false,
    false,
  ])
  expect([permits("takeover", "a.b"), permits("operate", "clients")]).toEqual([false, false])
  expect(compilePermissions({ operator: true })("operate", "clients")).toBe(true)
})

test.each([
  [["build.42"], "build.42", true],
  [["build.42"], "build.421", false],
  [["build.*"], "build.42", true],
  [["build.*"], "build", false],
  [["build.>"], "build.42.log", true],
  [["a", "build.*"], "build.42", true],
  [[], "build", false],
  [[">"], "any thing", true],
  [["ci.*"], "ci.a job", true],
  // Names that are no subjects.
  [["build"], "build.", false],
  [["build.*"], "build.", false],
  [["*.*"], ".build", false],
  [["a.*.b"], "a..b", false],
  [[">"], "a..b", true],
  // What is asked for with wildcards must be covered as a whole.
  [["build.*"], "build.>", false],
  [["build.>"], "build.*", true],
  [["build.>"], "build.>", true],
  [["*"], ">", false],
] as const)("%j lets %j through: %s", (patterns, name, allowed) => {
  expect(compilePermissions({ attach: patterns })("attach", name)).toBe(allowed)
})

test("what is no pattern is the broker's fault, and says nothing of it to the client", () => {
  expect(() => compilePermissions({ open: ["secret..x"] })).toThrow(
    expect.objectContaining({ code: "internal", message: expect.not.stringContaining("secret") }),
  )
})

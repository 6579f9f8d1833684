import { expect, test } from "vitest"
import { changesetFaults, namedPackages } from "../src/changeset-files.js"

const A = { name: "@luxbus/a", version: "0.0.0", changed: [] }
const KNOWN = new Set(["@luxbus/a", "@luxbus/b"])

/** @param {Record<string, string>} files */
const changesets = (files) => new Map(Object.entries(files))

const FIRST = changesets({ "a.md": '---\n"@luxbus/a": minor\n---\n\nStart.\n' })

test("reads the packages and bumps of a changeset, however they are quoted", () => {
  const text = "---\n\"@luxbus/a\": minor\n'@luxbus/b': patch\nluxbus: major\n---\n\nSay: it\n"
  expect([...namedPackages(text)]).toEqual([
    ["@luxbus/a", "minor"],
    ["@luxbus/b", "patch"],
    ["luxbus", "major"],
  ])
  expect(namedPackages("---\n---\n").size).toBe(0)
})

test("asks for a changeset of what was never released and of what changed since", () => {
  expect(changesetFaults([A], FIRST, KNOWN)).toEqual([])
  expect(changesetFaults([A], changesets({}), KNOWN)).toEqual(["@luxbus/a was never released: no changeset names it"])
  const changed = { name: "@luxbus/b", version: "0.1.0", changed: ["packages/b/src/b.ts"] }
  expect(changesetFaults([changed], FIRST, KNOWN)).toEqual([
    "@luxbus/b changed since 0.1.0 (packages/b/src/b.ts): no changeset names it",
  ])
  expect(changesetFaults([{ ...changed, changed: [] }], FIRST, KNOWN)).toEqual([])
})

test("refuses a package that is not there, a bump that is none, and silence", () => {
  const files = changesets({ "x.md": '---\n"@luxbus/x": minor\n"@luxbus/a": tiny\n---\n' })
  expect(changesetFaults([A], files, KNOWN)).toEqual([
    "x.md: there is no package @luxbus/x",
    'x.md: "tiny" is neither major, minor nor patch',
    "x.md: says nothing to the package's users",
  ])
})

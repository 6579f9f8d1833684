import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { changedSinceRelease } from "../src/changed-files.js"

let root = ""

/** @param {readonly string[]} args */
function git(...args) {
  const identity = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
  execFileSync("git", [...identity, ...args], { cwd: root, stdio: "ignore" })
}

/**
 * @param {string} file
 * @param {string} text
 */
function write(file, text) {
  mkdirSync(dirname(join(root, file)), { recursive: true })
  writeFileSync(join(root, file), text)
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "luxbus-changed-"))
  git("init")
  write("packages/a/src/a.ts", "1")
  write("packages/a/test/a.test.ts", "1")
  write("packages/a/CHANGELOG.md", "0.1.0")
  git("add", ".")
  git("commit", "-m", "release")
})

afterEach(() => rmSync(root, { recursive: true, force: true }))

test("finds nothing right after a release", () => {
  expect(changedSinceRelease(root, "packages/a")).toEqual([])
})

test("finds what was committed since, what is not committed and what is new; tests and other packages do not count", () => {
  write("packages/a/README.md", "words")
  git("add", ".")
  git("commit", "-m", "words")
  write("packages/a/src/a.ts", "2")
  write("packages/a/src/b.ts", "new")
  write("packages/a/test/a.test.ts", "2")
  write("packages/b/src/b.ts", "elsewhere")
  expect(changedSinceRelease(root, "packages/a")).toEqual([
    "packages/a/README.md",
    "packages/a/src/a.ts",
    "packages/a/src/b.ts",
  ])
})

test("says that the history is too short rather than that nothing changed", () => {
  expect(() => changedSinceRelease(root, "packages/b")).toThrow("fetch it whole")
})

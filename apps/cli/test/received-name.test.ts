import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { SeededRandom } from "@luxbus/clock/testing"
import { afterEach, beforeEach, expect, test } from "vitest"
import { createFree, moveIntoPlace, numberedName, safeBaseName } from "../src/received-name.ts"

let folder = ""
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "luxbus-name-"))
})
afterEach(() => rm(folder, { recursive: true }))

test.each([
  ["../../etc/passwd", "passwd"],
  ["..\\..\\boot.ini", "boot.ini"],
  ["/abs/olute", "olute"],
  ["C:\\x\\y.txt", "y.txt"],
  ["..", "received"],
  [".", "received"],
  ["", "received"],
  ["dir/", "received"],
  ["a\u001b[2Jb", "a_[2Jb"],
  ["nul\0l", "nul_l"],
  ["what?.txt", "what_.txt"],
  [".bashrc", ".bashrc"],
  ["grüße 好.txt", "grüße 好.txt"],
])("%j is taken as %j", (name, safe) => {
  expect(safeBaseName(name)).toBe(safe)
})

test("no name leads out of the folder", () => {
  const random = new SeededRandom(7)
  const pieces = ["..", "/", "\\", ".", "a", "\0", " ", "\n", "C:", "~"]
  for (let i = 0; i < 5_000; i++) {
    const name = Array.from({ length: random.integer(0, 8) }, () => pieces[random.integer(0, pieces.length - 1)]).join(
      "",
    )
    const path = join("/in/box", safeBaseName(name))
    expect(path).toBe(`/in/box/${basename(path)}`)
    expect(["", ".", "..", "box"]).not.toContain(basename(path))
  }
})

test("numbers stand before the extension", () => {
  expect([0, 1, 2].map((attempt) => numberedName("a.tar.gz", attempt))).toEqual([
    "a.tar.gz",
    "a.tar (1).gz",
    "a.tar (2).gz",
  ])
  expect(numberedName(".bashrc", 1)).toBe(".bashrc (1)")
})

test("a file that is there is never replaced, by however many at once", async () => {
  await writeFile(join(folder, "a.txt"), "old")
  const parts = await Promise.all(
    [1, 2, 3].map(async (n) => {
      const part = await createFree(folder, "a.txt", ".part")
      await writeFile(part, `new ${n}`)
      return part
    }),
  )
  const paths = await Promise.all(parts.map((part) => moveIntoPlace(part, folder, "a.txt")))
  expect(new Set(paths).size).toBe(3)
  expect((await readdir(folder)).sort()).toEqual(["a (1).txt", "a (2).txt", "a (3).txt", "a.txt"])
  expect(await readFile(join(folder, "a.txt"), "utf8")).toBe("old")
  expect(await Promise.all(paths.map((path) => readFile(path, "utf8")))).toEqual(["new 1", "new 2", "new 3"])
})

test("a folder that cannot be written is an error, not an endless search", async () => {
  await expect(createFree(join(folder, "absent"), "a")).rejects.toMatchObject({ code: "ENOENT" })
})

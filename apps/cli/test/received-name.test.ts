import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { createFree, moveIntoPlace, numberedName } from "../src/received-name.ts"

let folder = ""
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "luxbus-name-"))
})
afterEach(() => rm(folder, { recursive: true }))

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

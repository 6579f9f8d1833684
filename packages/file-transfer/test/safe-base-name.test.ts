import { basename, join } from "node:path"
import { SeededRandom } from "@luxbus/clock/testing"
import { expect, test } from "vitest"
import { safeBaseName } from "../src/index.ts"

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
  ["a\u202egpj.exe", "a_gpj.exe"],
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

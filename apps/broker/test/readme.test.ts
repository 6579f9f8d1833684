import { readFile } from "node:fs/promises"
import { expect, test } from "vitest"
import { SETTINGS } from "../src/index.ts"

test("the README's table holds every setting with its words and default", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8")
  const rows = SETTINGS.map(({ key, description, fallback }) => {
    const shown =
      fallback === undefined ? "" : ` \`${typeof fallback === "string" ? fallback : JSON.stringify(fallback)}\``
    return `| \`${key}\` | ${description} |${shown} |`
  })
  expect(readme.split("\n").filter((line) => line.startsWith("| `"))).toEqual(rows)
})

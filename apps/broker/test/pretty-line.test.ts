import { expect, test } from "vitest"
import { prettyLine } from "../src/pretty-line.ts"

test("shows time, level, message and facts on one line", () => {
  const line = JSON.stringify({
    level: 40,
    time: "2026-01-02T03:04:05.678Z",
    client: "ci",
    tries: 2,
    msg: "client refused",
  })
  expect(prettyLine(`${line}\n`)).toBe("03:04:05.678 warn  client refused client=ci tries=2\n")
})

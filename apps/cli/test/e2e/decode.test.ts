import { afterAll, expect, test } from "vitest"
import { endAll, luxbus } from "../support/process.ts"

afterAll(endAll)

test.each([
  ["raw bytes", Buffer.from("c503000000000001000000000000000000000003830000", "hex")],
  ["digits", "c5 03 0000 00000001 0000000000000000 00000003 # control\n830000\n"],
])("decode - reads %s from stdin", async (_, input) => {
  const { code, stdout, stderr } = await luxbus(["decode", "--json", "-"], { input }).ended
  expect([code, stderr]).toEqual([0, ""])
  expect(JSON.parse(stdout.toString())).toEqual({ uid: "", type: "stream", open: true, alias: 1 })
})

import { expect, test } from "vitest"
import { jsonChunk } from "../src/json-chunk.ts"

test("text goes as text, split characters and binary data as base64", () => {
  const whole = new TextEncoder().encode("grüße\n")
  expect(JSON.parse(jsonChunk("main", whole, "c1"))).toEqual({
    type: "chunk",
    lane: "main",
    encoding: "utf8",
    data: "grüße\n",
    cursor: "c1",
  })
  const split = whole.subarray(0, 3)
  expect(JSON.parse(jsonChunk("error", split, "c2"))).toMatchObject({
    encoding: "base64",
    data: Buffer.from(split).toString("base64"),
  })
})

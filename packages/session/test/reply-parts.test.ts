import { type BusError, type JsonValue, LIMITS, MessageReader, MessageWriter } from "@luxbus/packet"
import { expect, test } from "vitest"
import { ReplyAssembler, replyParts } from "../src/reply-parts.ts"

function assembled(result: JsonValue): { whole: JsonValue | undefined; parts: number } {
  const assembler = new ReplyAssembler()
  let whole: JsonValue | undefined
  let parts = 0
  for (const reply of replyParts(7, result)) {
    const writer = new MessageWriter()
    writer.control(0, 0, { reply })
    const reader = new MessageReader()
    reader.load(writer.take())
    reader.next()
    const arrived = reader.fields().reply ?? {}
    parts++
    whole =
      typeof arrived["part"] === "string"
        ? assembler.take(7, arrived["part"], arrived["more"] === true)
        : arrived["result"]
  }
  return { whole, parts }
}

test.each<[string, JsonValue]>([
  ["a short result", [{ name: "job.1" }]],
  ["a long list", Array.from({ length: 500 }, (_, n) => ({ name: `job.${n}`, headers: { n } }))],
  ["what JSON escapes", '"\\\n\u0001'.repeat(5_000)],
  ["three bytes a character", "字".repeat(20_000)],
  ["pairs of surrogates, cut anywhere", `x${"🚀".repeat(20_000)}`],
  ["null", null],
])("carries %s whole, each part within a frame's fields", (_what, result) => {
  expect(assembled(result).whole).toEqual(result)
})

test("sends in parts only what is long", () => {
  expect(assembled(["short"]).parts).toBe(1)
  expect(assembled("x".repeat(3_000)).parts).toBe(3)
})

test("refuses parts beyond the limit with too_large, and parts that make no JSON with protocol", () => {
  const codeOf = (call: () => unknown): string => {
    try {
      call()
    } catch (error) {
      return (error as BusError).code
    }
    return "nothing was thrown"
  }
  const assembler = new ReplyAssembler()
  const part = "x".repeat(LIMITS.assembledMessageBytes)
  expect(assembler.take(1, part, true)).toBeUndefined()
  expect(codeOf(() => assembler.take(1, "x", true))).toBe("too_large")
  expect(codeOf(() => assembler.take(2, "{", false))).toBe("protocol")
})

test("forgets unfinished parts with their connection", () => {
  const assembler = new ReplyAssembler()
  assembler.take(1, "[1,", true)
  assembler.clear()
  expect(assembler.take(1, "[2]", false)).toEqual([2])
})

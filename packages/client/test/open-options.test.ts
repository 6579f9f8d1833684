import { expect, test } from "vitest"
import { type OpenOptions, writerOptions } from "../src/open-options.ts"

test("a stream is reliable and kept unless told otherwise", () => {
  expect(writerOptions({})).toEqual({})
  expect(writerOptions({ live: false, onAbandon: "keep" })).toEqual({})
})

test("a live stream and one that may be abandoned", () => {
  expect(writerOptions({ live: true, onAbandon: { cancelAfterMs: 0 } })).toEqual({ live: {}, abandonMs: 0 })
  expect(writerOptions({ live: { memoryBytes: 4096 } })).toEqual({ live: { memoryBytes: 4096 } })
})

test.each([
  { live: { memoryBytes: 0 } },
  { live: { memoryBytes: 1.5 } },
  { live: { memoryBytes: 4 * 1024 * 1024 + 1 } },
  { onAbandon: { cancelAfterMs: -1 } },
  { onAbandon: { cancelAfterMs: 2 ** 31 } },
  { onAbandon: "cancel" as never },
] satisfies OpenOptions[])("refuses %o", (options) => {
  expect(() => writerOptions(options)).toThrow(expect.objectContaining({ code: "invalid_argument" }))
})

import fc from "fast-check"
import { v5, validate, version } from "uuid"
import { expect, test } from "vitest"
import {
  assertName,
  BusError,
  DISPATCHER,
  idOfName,
  idOfUuid,
  idToString,
  isName,
  isNilId,
  NAME_NAMESPACE,
  NIL_ID,
  newUuid,
} from "../src/index.ts"

const UUID = "018f4d3c-8b2a-7c11-9d6e-2f1a0b3c4d5e"

test("a UUID stands for itself, any other name for its UUIDv5 in the project's namespace", () => {
  expect(idToString(idOfName(UUID))).toBe(UUID)
  expect(idToString(idOfName("clientA"))).toBe(v5("clientA", NAME_NAMESPACE))
  // Fixed for ever: other implementations compute the same.
  expect(idToString(idOfName("clientA"))).toBe("f06a79bf-013a-5ed1-8acc-93e41c3c679b")
})

test("the dispatcher's id is the nil one, and no other name's", () => {
  expect(idOfName(DISPATCHER)).toEqual(NIL_ID)
  expect(isNilId(idOfName("Dispatcher"))).toBe(false)
})

test("ids come back from text as they were", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (id) => {
      expect(idOfUuid(idToString(id))).toEqual(id)
    }),
  )
  expect(() => idOfUuid("018f4d3c")).toThrow(expect.objectContaining({ code: "protocol" }))
})

test.each([
  ["nothing", ""],
  ["129 bytes", "a".repeat(129)],
  ["129 bytes of UTF-8 in 43 characters", "€".repeat(43)],
  ["a line feed", "a\nb"],
  ["a C1 control", "a\u0085b"],
  ["a lone surrogate", "a\ud800"],
  ["a UUID in upper case", UUID.toUpperCase()],
  ["a UUID in mixed case", UUID.replace("c", "C")],
  ["a UUID of version 5", v5("x", NAME_NAMESPACE)],
  ["the nil UUID", "00000000-0000-0000-0000-000000000000"],
])("refuses %s as a name", (_, name) => {
  expect(isName(name)).toBe(false)
  expect(() => assertName(name, "client id")).toThrow(expect.objectContaining({ code: "invalid_argument" }))
  expect(() => assertName(name, "client id", "protocol")).toThrow(expect.objectContaining({ code: "protocol" }))
  expect(() => idOfName(name)).toThrow(BusError)
})

test.each(["a", "a".repeat(128), "€".repeat(42), "task.*", "two words", "😀", UUID])("takes %j as a name", (name) => {
  expect(isName(name)).toBe(true)
  expect(idOfName(name)).toHaveLength(16)
})

test("two names never share an id, whatever they look like", () => {
  const name = fc.oneof(fc.string({ minLength: 1, maxLength: 4 }), fc.uuid(), fc.constant(DISPATCHER)).filter(isName)
  fc.assert(
    fc.property(name, name, (a, b) => {
      expect(idToString(idOfName(a)) === idToString(idOfName(b))).toBe(a === b)
    }),
  )
})

test("new ids are UUIDs of version 7 that ascend, or repeat from a given source", () => {
  const ids = Array.from({ length: 100 }, () => newUuid())
  expect(ids.every((id) => validate(id) && version(id) === 7 && isName(id))).toBe(true)
  expect([...ids].sort()).toEqual(ids)
  const source = { unixMs: 1_704_067_200_000, random: new Uint8Array(16).fill(9) }
  expect(newUuid(source)).toBe(newUuid(source))
  expect(newUuid(source).startsWith("018cc251-f400-7")).toBe(true)
})

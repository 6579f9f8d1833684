import fc from "fast-check"
import { expect, test } from "vitest"
import { changeBetween } from "../../../src/browser/type/edit.ts"

const text = fc.string({ unit: fc.constantFrom("a", "b", "😀", "😁", "\n"), maxLength: 12 })

test("a change turns the one text into the other, wherever the caret is said to be", () => {
  fc.assert(
    fc.property(text, text, fc.nat(12), (before, after, caret) => {
      const change = changeBetween(before, after, Math.min(caret, after.length))
      const { at = 0, removed = 0, inserted = "" } = change ?? {}
      expect(before.slice(0, at) + inserted + before.slice(at + removed)).toBe(after)
      expect(change === undefined).toBe(before === after)
      // No half of a character.
      expect([inserted, before.slice(at, at + removed)].every((part) => !/\p{Surrogate}/u.test(part))).toBe(true)
    }),
  )
})

test("of equal letters it is the one before the caret", () => {
  expect(changeBetween("aa", "aaa", 1)).toEqual({ at: 0, removed: 0, inserted: "a" })
  expect(changeBetween("aa", "aaa", 3)).toEqual({ at: 2, removed: 0, inserted: "a" })
  expect(changeBetween("aaa", "aa", 1)).toEqual({ at: 1, removed: 1, inserted: "" })
})

test("an emoji that differs from another in its second half only is replaced whole", () => {
  expect(changeBetween("x😀y", "x😁y", 3)).toEqual({ at: 1, removed: 2, inserted: "😁" })
})

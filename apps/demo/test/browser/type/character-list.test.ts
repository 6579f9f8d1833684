import { expect, test } from "vitest"
import { CharacterList } from "../../../src/browser/type/character-list.ts"

test("what is inserted or deleted a second time is left out, whoever claims its ids", () => {
  const list = new CharacterList()
  list.apply({ insert: { id: "a.0", after: null, text: "abc" } })
  expect(list.apply({ insert: { id: "a.1", after: "a.2", text: "xyz" } }).inserted.map(({ id }) => id)).toEqual(["a.3"])
  expect(list.shown()).toEqual({ text: "abcz", ids: ["a.0", "a.1", "a.2", "a.3"] })
  const gone = { delete: [{ id: "a.1", count: 2 }] }
  expect(list.apply(gone).deleted).toHaveLength(2)
  expect(list.apply(gone).deleted).toEqual([])
  expect([list.shown().text, list.goneCount]).toEqual(["az", 2])
})

test("what was applied last is taken back without a trace", () => {
  const list = new CharacterList()
  list.apply({ insert: { id: "a.0", after: null, text: "ac" } })
  const before = list.runs(() => 0)
  list.undo(list.apply({ insert: { id: "b.0", after: "a.0", text: "b" }, delete: [{ id: "a.0", count: 2 }] }))
  expect(list.runs(() => 0)).toEqual(before)
  expect([list.shown().text, list.goneCount, list.roomBehind(0)]).toEqual(["ac", 0, 24_998])
})

test("text comes behind a character that is gone, and at the end where nobody knows it any more", () => {
  const list = new CharacterList()
  list.apply({ insert: { id: "a.0", after: null, text: "abc" } })
  list.apply({ delete: [{ id: "a.0", count: 1 }] })
  list.apply({ insert: { id: "b.0", after: "a.0", text: "x" } })
  expect(list.shown().text).toBe("xbc")
  list.forgetGone()
  list.forgetGone()
  list.apply({ insert: { id: "b.1", after: "a.0", text: "y" } })
  expect([list.shown().text, list.goneCount]).toEqual(["xbcy", 0])
})

test("a full text takes no more, but may be replaced, until what is gone takes up as much again", () => {
  const list = new CharacterList()
  const put = (number: number, count: number, spans: readonly { id: string; count: number }[] = []) =>
    list.apply({ insert: { id: `a.${number}`, after: null, text: "x".repeat(count) }, delete: spans }).inserted.length
  expect(put(0, 25_000)).toBe(25_000)
  expect([list.roomBehind(0), put(25_000, 1)]).toEqual([0, 0])
  expect([list.roomBehind(25_000), put(25_000, 25_000, [{ id: "a.0", count: 25_000 }])]).toEqual([25_000, 25_000])
  expect([list.roomBehind(25_000), put(50_000, 1, [{ id: "a.25000", count: 1 }])]).toEqual([0, 0])
  list.forgetGone()
  list.forgetGone()
  expect(list.roomBehind(0)).toBe(1)
})

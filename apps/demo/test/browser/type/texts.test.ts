import { expect, test } from "vitest"
import { peopleText, typingText } from "../../../src/browser/type/people-text.ts"
import { formatRoom, parseRoom } from "../../../src/browser/type/room-name.ts"

const people = [
  { name: "ben", author: "b" },
  { name: "clara", author: "c" },
  { name: "david", author: "d" },
]

test("who is there, oneself first", () => {
  expect(peopleText("anna", [])).toBe("1 person here: anna (you)")
  expect(peopleText("anna", people.slice(0, 2))).toBe("3 people here: anna (you), ben, clara")
  expect(peopleText("  ", [])).toBe("1 person here: somebody (you)")
})

test("who is typing", () => {
  expect(typingText(people, () => false)).toBe("")
  expect(typingText(people, (author) => author === "c")).toBe("clara is typing…")
  expect(typingText(people, () => true)).toBe("ben, clara and david are typing…")
})

test.each([
  ["", "lobby"],
  ["#", "lobby"],
  ["#room=", "lobby"],
  ["#room=Team 7.b", "team-7-b"],
  ["#room=>", "lobby"],
  ["#room=--a--", "a"],
  [`#room=${"x".repeat(39)}-y`, "x".repeat(39)],
])("a room is one token of a subject, whatever the address says: %s", (hash, room) => {
  expect(parseRoom(hash)).toBe(room)
  expect(parseRoom(formatRoom(room))).toBe(room)
})

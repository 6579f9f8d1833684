import { beforeEach, expect, test } from "vitest"
import { Draft, type TextField } from "../../../src/browser/type/draft.ts"
import type { EditMessage } from "../../../src/browser/type/messages.ts"
import { type Change, SharedText } from "../../../src/browser/type/shared-text.ts"

/** A text area without a page. */
class Field implements TextField {
  value = ""
  selectionStart = 0
  selectionEnd = 0
  selectionDirection: "forward" | "backward" | "none" = "none"
  scrollTop = 0

  setSelectionRange(start: number, end: number, direction: "forward" | "backward" | "none"): void {
    this.selectionStart = start
    this.selectionEnd = end
    this.selectionDirection = direction
  }

  /** The person replaces what is selected. */
  put(text: string): void {
    this.value = this.value.slice(0, this.selectionStart) + text + this.value.slice(this.selectionEnd)
    const caret = this.selectionStart + text.length
    this.setSelectionRange(caret, caret, "none")
  }
}

let cursor: number
let sent: EditMessage[]
let text: SharedText
let other: SharedText
let field: Field
let draft: Draft

beforeEach(() => {
  cursor = 0
  sent = []
  text = new SharedText(() => "me")
  other = new SharedText(() => "other")
  field = new Field()
  const edit = (change: Change) => {
    const messages = text.edit(change)
    sent.push(...messages)
    return messages
  }
  draft = new Draft(field, { text, edit })
})

function type(inserted: string): void {
  field.put(inserted)
  draft.typed()
}

/** Everything that was typed reaches both. */
function deliver(messages: readonly EditMessage[]): void {
  for (const message of messages) for (const copy of [text, other]) copy.receive(message, `${cursor++}`)
}

/** The other one types, at a place. */
function otherTypes(at: number, removed: number, inserted: string): void {
  const { ids } = other.shown()
  deliver(other.edit({ after: ids[at - 1] ?? null, deleted: ids.slice(at, at + removed), inserted }))
}

function start(with_: string): void {
  type(with_)
  deliver(sent.splice(0))
}

test("what is typed is one edit, of the characters that it touches", () => {
  start("hello world")
  field.setSelectionRange(0, 5, "none")
  type("bye")
  expect(sent).toEqual([
    {
      type: "edit",
      by: "me",
      seq: 2,
      insert: { id: "me.11", after: null, text: "bye" },
      delete: [{ id: "me.0", count: 5 }],
    },
  ])
  deliver(sent)
  expect([other.shown().text, field.value, field.selectionEnd]).toEqual(["bye world", "bye world", 3])
})

test("caret and selection stay between the characters where they were, and the area where it is scrolled to", () => {
  start("one two three")
  field.setSelectionRange(4, 7, "backward")
  field.scrollTop = 40
  otherTypes(0, 0, "zero 🐕 ")
  draft.draw()
  expect(field.value.slice(field.selectionStart, field.selectionEnd)).toBe("two")
  expect([field.selectionDirection, field.scrollTop]).toEqual(["backward", 40])
  otherTypes(8, 5, "")
  draft.draw()
  expect([field.value, field.selectionStart, field.selectionEnd]).toEqual(["zero 🐕 wo three", 8, 10])
})

test("a caret whose characters are gone stands behind the nearest that is left", () => {
  start("abcdef")
  field.setSelectionRange(4, 4, "none")
  otherTypes(2, 3, "")
  draft.draw()
  expect([field.value, field.selectionStart]).toEqual(["abf", 2])
  otherTypes(0, 3, "")
  draft.draw()
  expect([field.value, field.selectionStart]).toEqual(["", 0])
})

test("what is typed before the area shows what others typed is an edit of what is seen", () => {
  start("ab")
  otherTypes(0, 2, "xyz")
  type("c")
  deliver(sent.splice(0))
  expect([text.shown().text, other.shown().text, field.value]).toEqual(["xyzc", "xyzc", "xyzc"])
})

test("an input method is left alone until it is done, and then what others typed is shown", () => {
  start("ab")
  draft.beginComposition()
  type("k")
  type("a")
  otherTypes(0, 0, "x")
  draft.draw()
  expect([field.value, sent]).toEqual(["abka", []])
  draft.endComposition()
  expect([field.value, sent.length]).toEqual(["xabka", 1])
  draft.beginComposition()
  otherTypes(0, 0, "y")
  draft.draw()
  expect(field.value).toBe("xabka")
  draft.endComposition()
  expect(field.value).toBe("yxabka")
})

test("what does not fit goes as it is drawn, and what stood there stays", () => {
  start("ab")
  field.setSelectionRange(1, 1, "none")
  type("x".repeat(50_000))
  expect([field.value, field.selectionStart, sent]).toEqual(["ab", 1, []])
  type("c")
  expect(field.value).toBe("acb")
})

test("the area stays as it is while its topic has begun anew, and takes what is typed, until the text is back", () => {
  start("ab")
  text.began()
  draft.draw()
  expect([text.shown().text, field.value]).toEqual(["", "ab"])
  type("c")
  type("d")
  expect(field.value).toBe("abcd")
  expect(sent.map(({ insert }) => insert)).toEqual([
    { id: "me.2", after: "me.1", text: "c" },
    { id: "me.3", after: "me.2", text: "d" },
  ])
  if (text.rescued !== undefined) text.receive(text.rescued, "1")
  for (const [index, message] of sent.entries()) text.receive(message, `${2 + index}`)
  draft.draw()
  expect([text.isWhole, text.pending.length, field.value, field.selectionStart]).toEqual([true, 0, "abcd", 4])
})

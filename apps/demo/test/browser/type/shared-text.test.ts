import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { type EditMessage, parseMessage, type TypeMessage } from "../../../src/browser/type/messages.ts"
import { SharedText } from "../../../src/browser/type/shared-text.ts"

let authors = 0
const newAuthor = () => `a${authors++}`

/** A topic in miniature: one order for all, and a ring that may lose its beginning. */
class Topic {
  readonly log: { readonly cursor: string; readonly message: TypeMessage }[] = []
  #epoch = 0

  publish(message: TypeMessage): void {
    // As it comes over the wire.
    const read = parseMessage(JSON.parse(JSON.stringify(message)))
    if (read === undefined) throw new Error(`a message that nobody can read: ${JSON.stringify(message)}`)
    this.log.push({ cursor: `${this.#epoch}:${this.log.length + 1}`, message: read })
  }

  beginAnew(): void {
    this.log.length = 0
    this.#epoch++
  }
}

/** Somebody who types. What it publishes waits until its connection delivers it. */
class Person {
  readonly text = new SharedText(newAuthor)
  readonly #topic: Topic
  readonly #outgoing: TypeMessage[] = []
  #read = 0

  constructor(topic: Topic) {
    this.#topic = topic
  }

  get shown(): string {
    return this.text.shown().text
  }

  type(at: number, removed: number, inserted: string): void {
    const { ids, text } = this.text.shown()
    let place = text.length === 0 ? 0 : at % (text.length + 1)
    while (place > 0 && ids[place - 1] === ids[place]) place--
    const deleted = [...new Set(ids.slice(place, place + removed))]
    if (inserted === "" && deleted.length === 0) return
    this.#outgoing.push(...this.text.edit({ after: ids[place - 1] ?? null, deleted, inserted }))
  }

  send(count: number): void {
    for (const message of this.#outgoing.splice(0, count)) this.#topic.publish(message)
  }

  read(count: number): void {
    for (const { cursor, message } of this.#topic.log.slice(this.#read, this.#read + count)) {
      this.text.receive(message, cursor)
      this.#read++
    }
  }

  /** The connection takes what waits with it; the next one repeats all that has not come back. */
  cut(): void {
    this.#outgoing.length = 0
    this.repeat()
  }

  /** One message is gone, those behind it are not. */
  lose(): void {
    this.#outgoing.shift()
  }

  repeat(): void {
    if (this.text.rescued !== undefined) this.#outgoing.push(this.text.rescued)
    else if (!this.text.isWhole) this.#outgoing.push({ type: "ask" })
    this.#outgoing.push(...this.text.pending)
  }

  snapshot(): void {
    const snapshot = this.text.snapshot()
    if (snapshot !== undefined) this.#outgoing.push(snapshot)
  }

  /** It was so slow that the ring went on without it. */
  skipTo(index: number): void {
    if (index <= this.#read) return
    this.#read = index
    this.text.lost()
  }

  moveToNewTopic(): void {
    this.#read = 0
    this.#outgoing.length = 0
    this.text.began()
    this.repeat()
  }
}

/** Everything is delivered and repeated until nobody waits for anything. */
function settle(people: readonly Person[]): void {
  for (let round = 0; round < 6; round++) {
    // Backwards: a snapshot comes behind what was typed since.
    for (const person of people.toReversed()) person.send(Number.POSITIVE_INFINITY)
    for (const person of people) person.read(Number.POSITIVE_INFINITY)
    people.find(({ text }) => text.isWhole)?.snapshot()
    for (const person of people) person.repeat()
  }
  for (const { text } of people) expect([text.pending.length, text.isWhole]).toEqual([0, true])
}

const someText = fc.string({ unit: fc.constantFrom("a", "b", "c", "😀", "\n"), maxLength: 4 })
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("type"), at: fc.nat(40), removed: fc.nat(3), text: someText }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("send"), count: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("read"), count: fc.integer({ min: 1, max: 6 }) }) },
  fc.record({ do: fc.constant("cut") }),
  fc.record({ do: fc.constant("repeat") }),
  fc.record({ do: fc.constant("lose") }),
  { weight: 3, arbitrary: fc.record({ do: fc.constant("snapshot") }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("skip"), past: fc.nat(9) }) },
)
const steps = fc.array(fc.tuple(fc.nat(2), step), { maxLength: 80 })

interface Step {
  readonly do: string
  readonly at?: number
  readonly removed?: number
  readonly text?: string
  readonly count?: number
  readonly past?: number
}

function run(topic: Topic, people: readonly Person[], all: readonly (readonly [number, Step])[]): void {
  for (const [index, { do: what, at = 0, removed = 0, text = "", count = 0, past = 0 }] of all) {
    const person = people[index]
    if (what === "type") person?.type(at, removed, text)
    else if (what === "send") person?.send(count)
    else if (what === "read") person?.read(count)
    else if (what === "cut") person?.cut()
    else if (what === "repeat") person?.repeat()
    else if (what === "lose") person?.lose()
    else if (what === "snapshot") person?.snapshot()
    // The first one stays whole, so that there is somebody to ask.
    else if (index > 0) person?.skipTo(Math.max(0, topic.log.length - past))
  }
}

describe("a text that several write", () => {
  test("is the same for all, whatever is lost, repeated, skipped, or told by a snapshot", () => {
    fc.assert(
      fc.property(steps, fc.nat(), (all, from) => {
        const topic = new Topic()
        const people = [new Person(topic), new Person(topic), new Person(topic)]
        run(topic, people, all)
        settle(people)
        expect(people.every(({ text }) => text.goneCount === 0)).toBe(true)
        const early = new Person(topic)
        early.read(topic.log.length)
        const late = new Person(topic)
        late.skipTo(from % (topic.log.length + 1))
        late.repeat()
        settle([...people, early, late])
        for (const person of [...people, early, late]) expect(person.shown).toBe(people[0]?.shown)
      }),
      { numRuns: 400 },
    )
  })

  test("outlives its topic: what everybody had is brought into the next one, once", () => {
    fc.assert(
      fc.property(steps, steps, someText, (before, after, meanwhile) => {
        const topic = new Topic()
        const people = [new Person(topic), new Person(topic), new Person(topic)]
        run(topic, people, before)
        settle(people)
        const had = people[0]?.shown ?? ""
        topic.beginAnew()
        const newcomer = new Person(topic)
        newcomer.type(0, 0, meanwhile)
        newcomer.send(1)
        for (const person of people) person.moveToNewTopic()
        settle([...people, newcomer])
        for (const person of people) expect(person.shown).toBe(had + meanwhile)
        run(topic, people, after)
        settle([...people, newcomer])
        for (const person of people) expect(person.shown).toBe(newcomer.shown)
      }),
      { numRuns: 200 },
    )
  })

  test("outlives its topic though not everybody had all of it", () => {
    fc.assert(
      fc.property(steps, steps, (before, after) => {
        const topic = new Topic()
        const people = [new Person(topic), new Person(topic), new Person(topic)]
        run(topic, people, before)
        topic.beginAnew()
        for (const person of people) person.moveToNewTopic()
        run(topic, people, after)
        settle(people)
        for (const person of people) expect(person.shown).toBe(people[0]?.shown)
      }),
      { numRuns: 400 },
    )
  })

  test("who had typed more than the text that goes on has of it types on all the same", () => {
    const topic = new Topic()
    const [anna, ben] = [new Person(topic), new Person(topic)]
    anna.type(0, 0, "a")
    anna.send(1)
    for (const person of [anna, ben]) person.read(1)
    anna.type(1, 0, "b")
    anna.send(1)
    anna.read(1)
    topic.beginAnew()
    for (const person of [ben, anna]) {
      person.moveToNewTopic()
      person.send(1)
    }
    settle([anna, ben])
    anna.type(1, 0, "c")
    settle([anna, ben])
    expect([anna.shown, ben.shown]).toEqual(["ac", "ac"])
  })

  test("what was deleted after a text was brought into the next topic stays deleted", () => {
    const topic = new Topic()
    const people = [new Person(topic), new Person(topic)]
    people[0]?.type(0, 0, "abc")
    settle(people)
    topic.beginAnew()
    for (const person of people) person.moveToNewTopic()
    people[0]?.send(1)
    people[0]?.read(1)
    people[0]?.type(1, 1, "")
    people[0]?.send(1)
    settle(people)
    expect(people.map(({ shown }) => shown)).toEqual(["ac", "ac"])
  })

  test("a snapshot tells all that a copy knows, and what came between is applied to it", () => {
    const topic = new Topic()
    const [anna, ben] = [new Person(topic), new Person(topic)]
    const both = (act: (person: Person) => void) => void [anna, ben].map(act)
    const deliver = () => {
      both((person) => person.send(9))
      both((person) => person.read(9))
    }
    anna.type(0, 0, "abcdef")
    deliver()
    ben.type(1, 1, "")
    deliver()
    anna.snapshot()
    deliver()
    ben.type(2, 1, "")
    deliver()
    const late = new Person(topic)
    late.skipTo(topic.log.length)
    late.repeat()
    late.send(1)
    deliver()
    anna.snapshot()
    ben.type(0, 1, "x")
    ben.send(1)
    deliver()
    late.read(9)
    expect(late.text.isWhole).toBe(true)
    expect(late.shown).toBe("xcef")
    expect(late.text.snapshot()).toEqual(anna.text.snapshot())
    expect(late.text.goneCount).toBe(2)
  })

  test("shows what is typed at once, and loses none of it in a cut", () => {
    const topic = new Topic()
    const [anna, ben] = [new Person(topic), new Person(topic)]
    anna.type(0, 0, "abc")
    expect(anna.shown).toBe("abc")
    anna.send(1)
    anna.type(3, 0, "d")
    anna.cut()
    anna.type(4, 0, "e")
    settle([anna, ben])
    expect(ben.shown).toBe("abcde")
  })

  test("two words that are typed at one place at once do not mix", () => {
    const topic = new Topic()
    const people = [new Person(topic), new Person(topic)]
    for (let letter = 0; letter < 3; letter++) {
      people[0]?.type(letter, 0, "abc".charAt(letter))
      people[1]?.type(letter, 0, "xyz".charAt(letter))
      for (const person of people) person.send(1)
    }
    settle(people)
    expect(people[0]?.shown).toMatch(/^(abcxyz|xyzabc)$/)
    expect(people[1]?.shown).toBe(people[0]?.shown)
  })

  test("a paste of 10 000 characters is three messages, and more than fits is refused whole", () => {
    const text = new SharedText(newAuthor)
    expect(text.edit({ after: null, deleted: [], inserted: "x".repeat(10_000) })).toHaveLength(3)
    expect(text.edit({ after: null, deleted: [], inserted: "x".repeat(15_001) })).toEqual([])
    expect(text.shown().text).toBe("x".repeat(10_000))
  })

  test("a text in a thousand pieces and more is replaced by another one in the same breath", () => {
    const text = new SharedText(newAuthor)
    const copy = new SharedText(newAuthor)
    const put = (messages: readonly EditMessage[]) => {
      for (const message of messages) expect(parseMessage(JSON.parse(JSON.stringify(message)))).toBeDefined()
      for (const message of messages) copy.receive(message, `${message.seq}`)
    }
    put(text.edit({ after: null, deleted: [], inserted: "x".repeat(25_000) }))
    const { ids } = text.shown()
    const odd = ids.filter((_, index) => index % 10 === 1)
    put(text.edit({ after: null, deleted: odd, inserted: "y".repeat(2_500) }))
    expect([text.shown().text.length, copy.shown().text]).toEqual([25_000, text.shown().text])
  })

  test("what was deleted is let go of at the second snapshot after it", () => {
    const topic = new Topic()
    const anna = new Person(topic)
    anna.type(0, 0, "abc")
    anna.type(0, 3, "")
    settle([anna])
    expect(anna.text.goneCount).toBe(0)
  })

  test("the largest text's snapshot fits a message", () => {
    const text = new SharedText(newAuthor)
    const put = (messages: readonly EditMessage[]) => {
      for (const [index, message] of messages.entries()) text.receive(message, `1:${message.seq}:${index}`)
    }
    const fill = () => put(text.edit({ after: null, deleted: [], inserted: "語".repeat(500) }))
    // Every other one is gone, until there is room for no more.
    for (let round = 0; round < 9; round++) {
      while (text.shown().text.length < 25_000 && text.shown().text.length + text.goneCount < 50_000) fill()
      const odd = text.shown().ids.filter((_, index) => index % 2 === 1)
      put(text.edit({ after: null, deleted: odd, inserted: "" }))
    }
    expect(text.shown().text.length + text.goneCount).toBe(50_000)
    const snapshot = text.snapshot()
    expect(Buffer.byteLength(JSON.stringify(snapshot))).toBeLessThan(1_048_576)
    expect(parseMessage(snapshot)).toBeDefined()
  })
})

test.each([
  null,
  "edit",
  { type: "edit" },
  { type: "edit", by: "a", seq: 0 },
  { type: "edit", by: "a b", seq: 1 },
  { type: "edit", by: "a", seq: 1, insert: { id: "a", after: null, text: "" } },
  { type: "edit", by: "a", seq: 1, insert: { id: "a.0", after: 1, text: "" } },
  { type: "edit", by: "a", seq: 1, insert: { id: "a.0", after: null, text: "x".repeat(8_001) } },
  { type: "edit", by: "a", seq: 1, delete: [{ id: "a.0", count: 1e9 }] },
  { type: "edit", by: "a", seq: 1, delete: Array(2).fill({ id: "a.0", count: 30_000 }) },
  { type: "edit", by: "a", seq: 1, delete: Array(1_001).fill({ id: "a.0", count: 1 }) },
  { type: "snapshot", at: null, authors: ["a"], seen: [], hasBase: false, runs: [] },
  { type: "snapshot", at: null, authors: ["a"], seen: [1], hasBase: false, runs: [[1, 0, "x"]] },
  { type: "snapshot", at: null, authors: ["a"], seen: [1], hasBase: false, runs: [[0, 0, 1e9]] },
  { type: "snapshot", at: null, authors: ["a"], seen: [1], hasBase: false, runs: [[0, 0, null]] },
])("what is no message of the page is none: %j", (data) => {
  expect(parseMessage(data)).toBeUndefined()
})

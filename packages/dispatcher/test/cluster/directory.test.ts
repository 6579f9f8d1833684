import { ManualClock } from "@luxbus/clock/testing"
import { type JsonObject, MessageReader, MessageWriter } from "@luxbus/packet"
import { expect, test } from "vitest"
import { Directory } from "../../src/cluster/directory.ts"
import { type Backplane, MemoryBackplane } from "../../src/index.ts"

const ABOUT = { session: "07" }
const SELF_ID = "aa".repeat(8)
const B_ID = "0b".repeat(8)
const C_ID = "0c".repeat(8)

/** One broker's directory, and what a broker beside it says and hears. */
function directoryUnderTest() {
  const clock = new ManualClock()
  const backplane = new MemoryBackplane(clock)
  const events: string[] = []
  const directory = new Directory({
    clock,
    backplane: backplane.join(),
    incarnation: new Uint8Array(8).fill(0xaa),
    kind: "client",
    events: {
      found: (name) => void events.push(`found ${name}`),
      nobody: (name) => void events.push(`nobody ${name}`),
      rival: (name, theirs, ours) => void events.push(`rival ${name} ${theirs.node} ${theirs.sinceMs} ${ours.sinceMs}`),
    },
  })
  return { clock, backplane, events, directory, other: new Other(backplane.join()) }
}

class Other {
  readonly heard: JsonObject[] = []
  readonly #backplane: Backplane
  readonly #reader = new MessageReader()

  constructor(backplane: Backplane) {
    this.#backplane = backplane
    backplane.subscribe("client/r", (message) => {
      this.#reader.load(message)
      while (this.#reader.next()) this.heard.push(this.#reader.fields().command!)
    })
  }

  say(command: JsonObject): void {
    const writer = new MessageWriter()
    writer.control(0, 0, { command })
    this.sayBytes(writer.take())
  }

  sayBytes(bytes: Uint8Array): void {
    this.#backplane.publish("client/r", bytes)
  }
}

const here = (since: number, node = B_ID, revision = 1): JsonObject => ({
  op: "here",
  node,
  revision,
  since,
  about: ABOUT,
})
const WHERE = { op: "where" }

/** When something was said, in steps of 50 ms. */
function timesOf(clock: ManualClock, ms: number, other: Other): number[] {
  const times: number[] = []
  for (let passed = 0; passed <= ms; passed += 50) {
    clock.settle()
    for (const _ of other.heard.splice(0)) times.push(passed)
    clock.advance(50)
  }
  return times
}

test("asks ten times in half a second, then after 0.2 s, doubled, at most every 5 s, until it is answered", () => {
  const { clock, events, directory, other } = directoryUnderTest()
  directory.follow("r")
  directory.lookFor("r")
  directory.lookFor("r")
  clock.settle()
  expect(other.heard).toEqual([{ op: "where" }])
  const quick = Array.from({ length: 11 }, (_, n) => n * 50)
  const slow = [700, 1_100, 1_900, 3_500, 6_700, 11_700, 16_700]
  expect(timesOf(clock, 20_000, other)).toEqual([...quick, ...slow])
  // In vain so far, whenever it asks again slowly.
  expect(events).toEqual([0, ...slow].map(() => "nobody r"))
  events.length = 0
  other.say(here(5))
  clock.settle()
  expect(events).toEqual(["found r"])
  expect(directory.placeOf("r")).toEqual({ node: B_ID, sinceMs: 5, about: ABOUT })
  expect(timesOf(clock, 20_000, other)).toEqual([])
  expect(clock.pendingTimers).toBe(0)
})

test("says four times that it has something, and whenever it is asked", () => {
  const { clock, directory, other } = directoryUnderTest()
  directory.arrived("r", 7, ABOUT)
  clock.settle()
  expect(other.heard).toEqual([{ op: "here", node: SELF_ID, revision: 1, since: 7, about: ABOUT }])
  expect(timesOf(clock, 10_000, other)).toEqual([0, 200, 600, 1_400])
  expect(clock.pendingTimers).toBe(0)
  other.say(WHERE)
  clock.settle()
  expect(other.heard.splice(0)).toEqual([{ op: "here", node: SELF_ID, revision: 5, since: 7, about: ABOUT }])
  directory.left("r")
  other.say(WHERE)
  clock.settle()
  expect(other.heard).toEqual([])
})

test("says again what it has when that has changed, and nothing of what it has not", () => {
  const { clock, directory, other } = directoryUnderTest()
  directory.arrived("r", 7, ABOUT)
  clock.advance(10_000)
  other.heard.length = 0
  directory.restate("r", { finished: true })
  directory.restate("unknown", { finished: true })
  clock.settle()
  expect(other.heard).toEqual([{ op: "here", node: SELF_ID, revision: 5, since: 7, about: { finished: true } }])
})

test("does not answer for what it looks for itself", () => {
  const { clock, directory, other } = directoryUnderTest()
  directory.follow("r")
  directory.lookFor("r")
  other.say(here(5))
  clock.settle()
  other.heard.length = 0
  other.say(WHERE)
  clock.settle()
  expect(other.heard).toEqual([])
})

test("ignores a place that is older than the one it knows, and takes a newer one", () => {
  const { clock, events, directory, other } = directoryUnderTest()
  directory.follow("r")
  directory.lookFor("r")
  clock.settle()
  other.say(here(5))
  other.say(here(4, C_ID))
  clock.settle()
  expect(directory.placeOf("r")?.node).toBe(B_ID)
  other.say(here(6, C_ID))
  clock.settle()
  expect(directory.placeOf("r")?.node).toBe(C_ID)
  expect(events).toEqual(["found r"])
})

test("ignores what a broker said before what was heard of it, of a place and of a rival", () => {
  const { clock, events, directory, other } = directoryUnderTest()
  directory.follow("r")
  other.say(here(6, B_ID, 3))
  other.say(here(7, B_ID, 2))
  clock.settle()
  expect(directory.placeOf("r")?.sinceMs).toBe(6)
  directory.arrived("r", 9, ABOUT)
  other.say(here(7, B_ID, 2))
  clock.settle()
  expect(events).toEqual([])
  // The same again is as new as it was; another broker counts by itself.
  other.say(here(6, B_ID, 3))
  other.say(here(7, C_ID, 1))
  clock.settle()
  expect(events).toEqual([`rival r ${B_ID} 6 9`, `rival r ${C_ID} 7 9`])
})

test("looks anew for what is not where it was, and takes whatever answers", () => {
  const { clock, events, directory, other } = directoryUnderTest()
  directory.follow("r")
  directory.lookFor("r")
  other.say(here(5))
  clock.settle()
  directory.lookFor("r")
  expect(directory.placeOf("r")).toBeUndefined()
  other.say(here(3, C_ID))
  clock.settle()
  expect(directory.placeOf("r")?.node).toBe(C_ID)
  expect(events).toEqual(["found r", "found r"])
})

test("counts how long it is looked for in vain, until somebody has it", () => {
  const { clock, directory, other } = directoryUnderTest()
  directory.follow("r")
  expect(directory.missingMs("r")).toBe(0)
  directory.lookFor("r")
  clock.advance(700)
  expect(directory.missingMs("r")).toBe(700)
  other.say(here(5))
  clock.settle()
  expect(directory.missingMs("r")).toBe(0)
})

test("stops asking for what arrives here, and forgets where it was", () => {
  const { clock, events, directory, other } = directoryUnderTest()
  directory.follow("r")
  other.say(here(5))
  clock.settle()
  expect(directory.placeOf("r")?.node).toBe(B_ID)
  directory.arrived("r", 7, ABOUT)
  expect(directory.placeOf("r")).toBeUndefined()
  directory.left("r")
  directory.lookFor("r")
  directory.arrived("r", 8, ABOUT)
  clock.settle()
  other.heard.length = 0
  clock.advance(10_000)
  expect(other.heard.map(({ op }) => op)).toEqual(["here", "here", "here"])
  expect(events).toEqual([])
})

test("tells of another broker that says it has what is here, and keeps its own", () => {
  const { clock, events, directory, other } = directoryUnderTest()
  directory.arrived("r", 7, ABOUT)
  other.say(here(8))
  clock.settle()
  expect(events).toEqual([`rival r ${B_ID} 8 7`])
  expect(directory.placeOf("r")).toBeUndefined()
})

test("finds at once what is here, and asks for what leaves in the same turn", () => {
  const { clock, events, directory, other } = directoryUnderTest()
  directory.follow("r")
  directory.arrived("r", 7, ABOUT)
  directory.lookFor("r")
  expect(events).toEqual([])
  clock.settle()
  expect(events).toEqual(["found r"])
  other.heard.length = 0
  directory.lookFor("r")
  directory.left("r")
  clock.settle()
  expect(events).toEqual(["found r"])
  expect(other.heard).toMatchObject([{ op: "where" }])
})

test("forgets what left while it was looked for, where nobody follows it any more", () => {
  const { clock, backplane, events, directory } = directoryUnderTest()
  directory.arrived("r", 7, ABOUT)
  directory.follow("r")
  directory.lookFor("r")
  directory.unfollow("r")
  directory.left("r")
  clock.advance(10_000)
  expect(events).toEqual([])
  expect(directory.size).toBe(0)
  expect(backplane.subscriptionCount).toBe(1)
})

test("keeps a name for as long as it is here or followed, and leaves nothing behind", () => {
  const { clock, backplane, directory, other } = directoryUnderTest()
  directory.follow("r")
  directory.follow("r")
  directory.lookFor("r")
  directory.arrived("r", 7, ABOUT)
  directory.unfollow("r")
  directory.left("r")
  expect(directory.size).toBe(1)
  directory.lookFor("r")
  directory.unfollow("r")
  expect(directory.size).toBe(0)
  expect(backplane.subscriptionCount).toBe(1)
  expect(clock.pendingTimers).toBe(0)
  directory.follow("r")
  directory.arrived("r", 7, ABOUT)
  directory.unfollow("r")
  clock.advance(10_000)
  other.heard.length = 0
  other.say(WHERE)
  clock.settle()
  expect(other.heard).toMatchObject([{ op: "here" }])
})

test("ends of what it does not know change nothing", () => {
  const { directory } = directoryUnderTest()
  directory.left("r")
  directory.unfollow("r")
  expect(directory.size).toBe(0)
  expect(directory.placeOf("r")).toBeUndefined()
  expect(directory.missingMs("r")).toBe(0)
})

test("ignores what is no statement of a broker's", () => {
  const { clock, events, directory, other } = directoryUnderTest()
  directory.follow("r")
  directory.lookFor("r")
  const { op = null, node = null, revision = null, since = null, about = null } = here(5)
  for (const command of [
    {},
    { op: "elsewhere", node },
    { op: "here", revision, since, about },
    { op, node: 5, revision, since, about },
    { op, node: "", revision, since, about },
    { op, node: `${B_ID}0b`, revision, since, about },
    { op, node: B_ID.toUpperCase(), revision, since, about },
    { op, node, since, about },
    { op, node, revision: "1", since, about },
    { op, node, revision: -1, since, about },
    { op, node, revision, since: "5", about },
    { op, node, revision, since: -1, about },
    { op, node, revision, since: 1e300, about },
    { op, node, revision, since },
    { op, node, revision, since, about: "about" },
  ])
    other.say(command)
  for (const bytes of [[], [1], [0xc5, 0xff], new Array(30).fill(0)]) other.sayBytes(Uint8Array.from(bytes))
  const writer = new MessageWriter()
  writer.control(0, 0, { ping: 1 })
  other.sayBytes(writer.take())
  clock.settle()
  expect(events).toEqual([])
  expect(directory.placeOf("r")).toBeUndefined()
  other.say(here(5))
  clock.settle()
  expect(events).toEqual(["found r"])
})

test("closes with all that it knows", () => {
  const { clock, backplane, directory } = directoryUnderTest()
  directory.arrived("here", 7, ABOUT)
  directory.follow("r")
  directory.lookFor("r")
  directory.close()
  expect(backplane.subscriptionCount).toBe(1)
  expect(clock.pendingTimers).toBe(0)
  expect(directory.size).toBe(0)
})

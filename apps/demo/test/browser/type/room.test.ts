import type { Bus, BusEvent, Subscription } from "@luxbus/client"
import { afterEach, beforeEach, expect, test } from "vitest"
import { Room } from "../../../src/browser/type/room.ts"
import { openStage, QUICK_JOB, type Stage } from "../../support/stage.ts"

let stage: Stage
let rooms: Room[]
let authors: number
beforeEach(async () => {
  rooms = []
  authors = 0
  stage = await openStage(QUICK_JOB)
})
afterEach(async () => {
  for (const room of rooms) room.close()
  await stage[Symbol.asyncDispose]()
})

function enter(bus: Bus, now = () => performance.now()): Room {
  const room = new Room({ bus, now, newAuthor: () => `a${authors++}` }, "room")
  rooms.push(room)
  return room
}

/** Types behind all that is there. */
function type(room: Room, text: string): void {
  room.edit({ after: room.text.shown().ids.at(-1) ?? null, deleted: [], inserted: text })
}

const shows = (room: Room, text: string) => expect.poll(() => room.text.shown().text).toBe(text)
const settled = (room: Room) => expect.poll(() => room.text.pending.length).toBe(0)

function typeOf(event: BusEvent | undefined): string {
  return (event?.data as { readonly type?: string } | undefined)?.type ?? ""
}

/** The type of each message of the room until one is a snapshot. */
async function untilSnapshot(messages: Subscription): Promise<readonly string[]> {
  const types: string[] = []
  for (let event = await messages.next(); event !== undefined; event = await messages.next()) {
    types.push(typeOf(event))
    if (types.at(-1) === "snapshot") break
  }
  return types
}

test("what one types all have, and who comes late as well", async () => {
  const anna = enter(await stage.client())
  const ben = enter(await stage.client())
  for (const letter of "abc") type(anna, letter)
  await shows(ben, "abc")
  await settled(anna)
  type(ben, "!")
  await shows(anna, "abc!")
  await shows(enter(await stage.client()), "abc!")
  expect([anna.pace.perSecond > 0, anna.pace.latencyMs !== undefined, ben.problem]).toEqual([true, true, ""])
})

test("who types tells the whole text after 500 edits, whoever made them, and again after 500 more", async () => {
  const listener = await stage.client()
  const anna = enter(await stage.client())
  const ben = enter(await stage.client())
  const messages = listener.subscribe("typing.room", { from: "start" })
  await messages.opened
  for (let count = 0; count < 250; count++) type(anna, "a")
  await settled(anna)
  for (let count = 0; count < 250; count++) type(ben, "b")
  expect((await untilSnapshot(messages)).length).toBe(501)
  await settled(ben)
  for (let round = 0; round < 5; round++) {
    for (let count = 0; count < 100; count++) type(anna, "c")
    await settled(anna)
  }
  expect((await untilSnapshot(messages)).length).toBe(501)
})

test("who types tells the whole text after 256 KiB, and not again while that is on its way", async () => {
  const listener = await stage.client()
  const messages = listener.subscribe("typing.room")
  await messages.opened
  const anna = enter(await stage.client(), () => 0)
  // Of characters that nobody has, and no two in a row: large edits that change nothing.
  const deleted = Array.from({ length: 400 }, (_, place) => `none.${2 * place}`)
  for (let count = 0; count < 30; count++) anna.edit({ after: null, deleted, inserted: "" })
  await settled(anna)
  await listener.publish("typing.room", { type: "end" })
  const types: string[] = []
  while (types.at(-1) !== "end") types.push(typeOf(await messages.next()))
  expect(types.filter((each) => each === "snapshot")).toHaveLength(1)
})

test("who writes a whole text anew, time and again, is never refused", async () => {
  const anna = enter(await stage.client())
  for (let round = 0; round < 12; round++) {
    anna.edit({ after: null, deleted: anna.text.shown().ids, inserted: `${round % 10}`.repeat(25_000) })
    expect(anna.problem).toBe("")
    await settled(anna)
    await expect.poll(() => anna.text.goneCount).toBe(0)
  }
})

test("who asks is told the whole text once: by whoever typed last, or another where that one has gone", async () => {
  const listener = await stage.client()
  const anna = enter(await stage.client())
  const ben = enter(await stage.client())
  type(anna, "text")
  await shows(ben, "text")
  await settled(anna)
  const messages = listener.subscribe("typing.room")
  await messages.opened
  await listener.publish("typing.room", { type: "ask" })
  expect(await untilSnapshot(messages)).toEqual(["ask", "snapshot"])
  anna.close()
  await listener.publish("typing.room", { type: "ask" })
  expect(await untilSnapshot(messages)).toEqual(["ask", "snapshot"])
})

test("who comes when the ring has nothing of the text left asks for it, and what is typed meanwhile is in it", async () => {
  const anna = enter(await stage.client())
  type(anna, "text")
  await settled(anna)
  const stranger = await stage.client()
  for (let count = 0; count < 12; count++) await stranger.publish("typing.room", "x".repeat(100_000))
  // Everything before it has come through.
  type(anna, "!")
  await settled(anna)
  const late = enter(await stage.client())
  await expect.poll(() => late.text.isWhole && late.text.shown().text).toBe("text!")
  type(late, "?")
  await shows(anna, "text!?")
})

test("what others publish there that is no message of the page changes nothing, and ends nothing", async () => {
  const anna = enter(await stage.client())
  type(anna, "a")
  await settled(anna)
  const stranger = await stage.client()
  for (const junk of [null, "edit", [1], { type: "edit", by: "x" }, { type: "snapshot", runs: 3 }]) {
    await stranger.publish("typing.room", junk)
  }
  type(anna, "b")
  await settled(anna)
  expect([anna.text.shown().text, anna.text.isWhole, anna.problem]).toEqual(["ab", true, ""])
})

test("an edit that does not fit is refused, and said to be; the next that fits takes that back", async () => {
  const anna = enter(await stage.client())
  type(anna, "x".repeat(25_001))
  expect(anna.problem).toMatch(/25,000 characters/)
  type(anna, "y")
  expect([anna.problem, anna.text.shown().text]).toEqual(["", "y"])
})

test("a room that was left holds nothing of its bus, and answers nobody", async () => {
  const bus = await stage.client()
  const anna = enter(bus)
  type(anna, "a")
  await settled(anna)
  expect(bus.activeCount).toBe(1)
  anna.close()
  await expect.poll(() => bus.activeCount).toBe(0)
})

import { afterEach, beforeEach, expect, test } from "vitest"
import { People } from "../../../src/browser/type/people.ts"
import { openStage, QUICK_JOB, type Stage } from "../../support/stage.ts"

let stage: Stage
let all: People[]
beforeEach(async () => {
  all = []
  stage = await openStage(QUICK_JOB)
})
afterEach(async () => {
  for (const people of all) people.close()
  await stage[Symbol.asyncDispose]()
})

async function join(name: string, author = name): Promise<People> {
  const people = new People(await stage.client(name), "room", name, () => author)
  all.push(people)
  return people
}

const namesOf = (people: People) => people.others.map(({ name }) => name).sort()

test("people find each other, early and late ones, under the names that they have at the time", async () => {
  const anna = await join("anna")
  const ben = await join("ben", "b1")
  await expect.poll(() => [anna.others, namesOf(ben)]).toMatchObject([[{ name: "ben", author: "b1" }], ["anna"]])
  anna.name = "annabel"
  await expect.poll(() => namesOf(ben)).toEqual(["annabel"])
  const clara = await join("clara")
  await expect.poll(() => namesOf(clara)).toEqual(["annabel", "ben"])
})

test("who says that it goes has gone, at once, though its bus closes behind it", async () => {
  const anna = await join("anna")
  const bus = await stage.client("ben")
  const ben = new People(bus, "room", "ben", () => "b")
  await expect.poll(() => namesOf(anna)).toEqual(["ben"])
  await expect.poll(() => namesOf(ben)).toEqual(["anna"])
  ben.close()
  await bus.close()
  await expect.poll(() => namesOf(anna)).toEqual([])
})

test("who speaks is who the broker says; a name is one short line; what is nothing of the kind is left out", async () => {
  const anna = await join("anna")
  const stranger = await stage.client("stranger")
  await expect
    .poll(async () => {
      for (const junk of [null, "here", { say: "here" }, { say: "here", name: 1, author: "x" }]) {
        await stranger.publish("typing.room.people", junk)
      }
      await stranger.publish("typing.room.people", { say: "here", name: `a\nb${"c".repeat(99)}`, author: "x" })
      return anna.others.length
    })
    .toBe(1)
  expect(anna.others[0]?.name).toMatch(/^a[^\n]bc{21}$/)
})

test("no more are shown than anybody needs", async () => {
  const anna = await join("anna")
  for (let count = 0; count < 22; count++) await join(`p${count}`)
  await expect.poll(() => anna.others.length).toBe(20)
})

import type { JsonObject } from "@luxbus/packet"
import fc from "fast-check"
import { expect, test } from "vitest"
import { type MemberChange, MemberView } from "../src/index.ts"

const memberOf = (id: string) => ({ id, role: "provider", capacity: 1, since: 0 })
const ids = (view: MemberView) => view.list().map(({ id }) => id)

function viewed() {
  const changes: string[] = []
  const view = new MemberView(({ type, member }: MemberChange) => changes.push(`${type} ${member.id}`))
  return { view, changes }
}

test("takes a snapshot in parts, then what changes, and tells each change once", () => {
  const { view, changes } = viewed()
  view.told({ version: 3, members: [memberOf("a")], more: true })
  expect(changes).toEqual([])
  view.told({ version: 3, members: [memberOf("b")] })
  view.told({ version: 4, joined: memberOf("c") })
  view.told({ version: 4, joined: memberOf("c") })
  view.told({ version: 5, left: "a" })
  view.told({ version: 3, left: "b" })
  expect(changes).toEqual(["joined a", "joined b", "joined c", "left a"])
  view.told({ version: 9, members: [memberOf("b"), memberOf("d")] })
  expect(changes.slice(4)).toEqual(["left c", "joined d"])
})

test("counts anew on another connection, and tells only what is other than before", () => {
  const { view, changes } = viewed()
  view.told({ version: 700, members: [memberOf("a"), memberOf("b")] })
  view.restart()
  view.told({ version: 1, members: [memberOf("b"), memberOf("c")] })
  expect(changes).toEqual(["joined a", "joined b", "left a", "joined c"])
  expect(ids(view).sort()).toEqual(["b", "c"])
})

test("tells that a member says something else of itself, and nothing where it says the same again", () => {
  const { view, changes } = viewed()
  const saying = (meta: JsonObject) => ({ ...memberOf("a"), role: "member", meta })
  view.told({ version: 1, members: [saying({ at: 1 })] })
  view.told({ version: 2, joined: saying({ at: 2 }) })
  view.told({ version: 1, joined: saying({ at: 1 }) })
  view.restart()
  view.told({ version: 1, members: [saying({ at: 2 })] })
  expect(changes).toEqual(["joined a", "changed a"])
  expect(view.list()).toMatchObject([{ role: "member", meta: { at: 2 } }])
  view.told({ version: 2, members: [memberOf("a")] })
  expect(changes.at(-1)).toBe("changed a")
})

test.each<JsonObject>([
  { members: [] },
  { version: 1, members: [{ id: "a" }] },
  { version: 1, joined: "a" },
  { version: 1, joined: { ...memberOf("a"), role: "boss" } },
  { version: 1, joined: { ...memberOf("a"), meta: "text" } },
])("refuses what tells of nobody: %j", (statement) => {
  expect(() => viewed().view.told(statement)).toThrow(expect.objectContaining({ code: "protocol" }))
})

test("whatever the order of arrival, and whatever comes twice, everybody ends with who is there", () => {
  const step = fc.record({ id: fc.constantFrom("a", "b", "c", "d"), snapshot: fc.boolean() })
  const order = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 40, maxLength: 40 })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), order, (steps, keys) => {
      const there = new Set<string>()
      const statements: JsonObject[] = [{ version: 0, members: [] }]
      for (const [i, { id, snapshot }] of steps.entries()) {
        const version = i + 1
        if (there.delete(id)) statements.push({ version, left: id })
        else statements.push({ version, joined: memberOf(id) })
        if (statements.at(-1)?.["joined"] !== undefined) there.add(id)
        if (snapshot) statements.push({ version, members: [...there].map(memberOf) })
      }
      const { view, changes } = viewed()
      const arriving = statements
        .concat(statements.slice(0, 5))
        .map((statement, i) => ({ statement, key: keys[i % 40] ?? 0 }))
      for (const { statement } of arriving.toSorted((a, b) => a.key - b.key)) view.told(statement)
      expect(ids(view).sort()).toEqual([...there].sort())
      const told = new Set<string>()
      for (const change of changes) {
        const [type, id = ""] = change.split(" ")
        expect(type === "joined" ? !told.has(id) : told.delete(id)).toBe(true)
        if (type === "joined") told.add(id)
      }
      expect([...told].sort()).toEqual([...there].sort())
    }),
  )
})

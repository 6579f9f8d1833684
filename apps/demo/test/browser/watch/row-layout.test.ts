import fc from "fast-check"
import { expect, test } from "vitest"
import type { LineRow } from "../../../src/browser/watch/log-row.ts"
import { columnsOf, RowLayout } from "../../../src/browser/watch/row-layout.ts"
import { RowList } from "../../../src/browser/watch/row-list.ts"

const rowOf = (text: string): LineRow => ({ lane: "main", chunk: 0, beginsChunk: true, text })

test("wide characters take two columns", () => {
  expect(["abc", "müßig", "漢字", "🙂!"].map(columnsOf)).toEqual([3, 5, 4, 3])
})

test("rows that are added, grow and go stand where a layout made anew has them", () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant("add" as const), length: fc.nat(40) }),
    fc.record({ do: fc.constant("grow" as const), back: fc.nat(5), length: fc.nat(20) }),
    fc.record({ do: fc.constant("drop" as const), count: fc.nat(3) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), fc.integer({ min: 1, max: 12 }), (steps, columns) => {
      const list = new RowList()
      const layout = new RowLayout(list, columns)
      const rows: LineRow[] = []
      for (const each of steps) {
        if (each.do === "add") {
          const row = rowOf("x".repeat(each.length))
          rows.push(row)
          list.push(row)
        } else if (each.do === "grow") {
          const row = rows.at(-1 - each.back)
          if (row === undefined) continue
          row.text += "y".repeat(each.length)
          list.touch(row)
        } else {
          const count = Math.min(each.count, rows.length)
          layout.update()
          const gone = rows.splice(0, count).reduce((sum, { text }) => sum + heightOf(text, columns), 0)
          list.dropOldest(count)
          expect(layout.update()).toBe(gone)
        }
        layout.update()
        let line = 0
        for (const [index, { text }] of rows.entries()) {
          expect([layout.top(index), layout.height(index)]).toEqual([line, heightOf(text, columns)])
          expect(layout.rowAt(line)).toBe(index)
          line += heightOf(text, columns)
        }
        expect(layout.lines).toBe(line)
      }
    }),
  )
})

test("a line behind the last row is in the last row", () => {
  const list = new RowList()
  list.push(rowOf("a"))
  list.push(rowOf("b"))
  const layout = new RowLayout(list, 80)
  expect([layout.rowAt(99), new RowLayout(new RowList(), 80).rowAt(3)]).toEqual([1, 0])
})

const heightOf = (text: string, columns: number) => Math.max(1, Math.ceil(text.length / columns))

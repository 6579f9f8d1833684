import { expect, test } from "vitest"
import type { LineRow } from "../../../src/browser/watch/log-row.ts"
import { LogSearch, markMatches } from "../../../src/browser/watch/log-search.ts"
import { RowList } from "../../../src/browser/watch/row-list.ts"

const rowOf = (text: string): LineRow => ({ lane: "main", chunk: 0, beginsChunk: true, text })

function listOf(...texts: readonly string[]): RowList {
  const list = new RowList()
  for (const text of texts) list.push(rowOf(text))
  return list
}

function searched(list: RowList, query: string): LogSearch {
  const search = new LogSearch(list, query)
  search.update()
  return search
}

test("finds rows whatever the case, and new ones as they come", () => {
  const list = listOf("Warning: a", "fine", "a WARNING")
  const search = searched(list, "warning")
  expect(search.matches).toEqual([0, 2])
  list.push(rowOf("warning again"))
  search.update()
  expect(search.matches).toEqual([0, 2, 3])
})

test("finds a row that matches only once it has grown", () => {
  const row = rowOf("war")
  const list = listOf("one")
  list.push(row)
  const search = searched(list, "warning")
  expect(search.matches).toEqual([])
  row.text = "warning"
  search.update()
  expect(search.matches).toEqual([1])
})

test("keeps its places as the oldest rows go", () => {
  const list = listOf("hit", "miss", "hit", ...Array.from({ length: 200 }, () => "miss"), "hit")
  const search = searched(list, "hit")
  list.dropOldest(2)
  search.update()
  expect(search.matches).toEqual([0, 201])
})

test("goes round at both ends", () => {
  const search = searched(listOf("hit", "miss", "hit"), "hit")
  expect([search.neighbour(-1, 1), search.neighbour(0, 1), search.neighbour(2, 1)]).toEqual([0, 2, 0])
  expect([search.neighbour(2, -1), search.neighbour(0, -1)]).toEqual([0, 2])
  expect(searched(listOf("a"), "b").neighbour(0, 1)).toBeUndefined()
})

test("looks for nothing where nothing is asked for", () => {
  expect(searched(listOf("a", "b"), "").matches).toEqual([])
})

test("marks every place, and loses no letter", () => {
  expect(markMatches("Ab ab", "AB")).toEqual([
    { text: "Ab", hit: true },
    { text: " ", hit: false },
    { text: "ab", hit: true },
  ])
  // Lower case has one letter more here.
  expect(markMatches("İab", "ab")).toEqual([{ text: "İab", hit: true }])
  expect(markMatches("", "x")).toEqual([{ text: "", hit: false }])
})

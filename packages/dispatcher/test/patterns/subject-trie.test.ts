import { matchSubject } from "@luxbus/packet"
import fc from "fast-check"
import { expect, test } from "vitest"
import { SubjectTrie } from "../../src/patterns/subject-trie.ts"

const token = fc.constantFrom("a", "b", "c")
const subjects = fc.array(token, { minLength: 1, maxLength: 4 }).map((tokens) => tokens.join("."))
const patterns = fc
  .tuple(fc.array(fc.oneof(token, fc.constant("*")), { maxLength: 4 }), fc.boolean())
  .map(([tokens, isOpen]) => (isOpen || tokens.length === 0 ? [...tokens, ">"] : tokens).join("."))

function matched(trie: SubjectTrie<number>, subject: string): number[] {
  const found: number[] = []
  trie.match(subject, (value) => void found.push(value))
  return found.sort()
}

function within(trie: SubjectTrie<string>, pattern: string): string[] {
  const found: string[] = []
  trie.within(pattern, (value) => void found.push(value))
  return found.sort()
}

test("finds exactly the patterns that match, each once, as they come and go", () => {
  fc.assert(
    fc.property(fc.array(patterns, { maxLength: 12 }), fc.array(subjects, { maxLength: 8 }), (all, asked) => {
      const trie = new SubjectTrie<number>()
      const kept = new Map<number, string>()
      for (const [i, pattern] of all.entries()) {
        trie.add(pattern, i)
        trie.add(pattern, i)
        kept.set(i, pattern)
      }
      for (const [i, pattern] of all.entries()) {
        for (const subject of asked) {
          const expected = [...kept].filter(([, pattern]) => matchSubject(pattern, subject)).map(([i]) => i)
          expect(matched(trie, subject)).toEqual(expected.sort())
        }
        trie.remove(pattern, i)
        trie.remove(pattern, i)
        kept.delete(i)
      }
      expect(trie.empty).toBe(true)
    }),
  )
})

test("finds exactly the subjects that a pattern matches", () => {
  fc.assert(
    fc.property(fc.uniqueArray(subjects, { maxLength: 12 }), fc.array(patterns, { maxLength: 8 }), (all, asked) => {
      const trie = new SubjectTrie<string>()
      for (const subject of all) trie.add(subject, subject)
      for (const pattern of asked) {
        expect(within(trie, pattern)).toEqual(all.filter((subject) => matchSubject(pattern, subject)).sort())
      }
    }),
  )
})

test("keeps what stands beside and below what is removed", () => {
  const trie = new SubjectTrie<number>()
  trie.add("a", 1)
  trie.add("a", 2)
  trie.add("a.b", 3)
  trie.remove("a", 1)
  trie.remove("a.b.c", 3)
  expect([matched(trie, "a"), matched(trie, "a.b"), matched(trie, "a.b.c")]).toEqual([[2], [3], []])
})

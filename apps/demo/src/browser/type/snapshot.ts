import type { CharacterList } from "./character-list.ts"
import type { SnapshotMessage } from "./messages.ts"

/**
 * A text as one message.
 * @param seen by author, how many edits are in it; who has none, but wrote part of a text that was brought in, gets a 0
 */
export function snapshotOf(
  list: CharacterList,
  seen: ReadonlyMap<string, number>,
  { at, hasBase }: Pick<SnapshotMessage, "at" | "hasBase">,
): SnapshotMessage {
  const authors = [...seen.keys()]
  const indexes = new Map(authors.map((author, index) => [author, index]))
  const runs = list.runs((author) => {
    const known = indexes.get(author)
    if (known !== undefined) return known
    indexes.set(author, authors.length)
    return authors.push(author) - 1
  })
  return { type: "snapshot", at, authors, seen: authors.map((author) => seen.get(author) ?? 0), hasBase, runs }
}

import { type CharacterId, type Span, splitId } from "./messages.ts"

/** Ids in the order of the text, as spans. */
export function spansOf(ids: readonly CharacterId[]): Span[] {
  const spans: { id: CharacterId; count: number }[] = []
  let next: CharacterId | undefined
  for (const id of ids) {
    const last = spans.at(-1)
    if (last !== undefined && id === next) last.count++
    else spans.push({ id, count: 1 })
    const [author, number] = splitId(id)
    next = `${author}.${number + 1}`
  }
  return spans
}

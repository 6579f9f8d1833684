/** Headers travel in 4 KiB in all. */
const MAX_BYTES = 2_000

/** A command line for the headers of its stream: whole, or cut off with an ellipsis when it is long. */
export function shownCommand(words: readonly string[]): string[] {
  const shown: string[] = []
  let left = MAX_BYTES
  for (const word of words) {
    const clipped = clip(word, left)
    shown.push(clipped)
    if (clipped !== word) break
    // Two quotes and a comma.
    left -= jsonBytes(word) + 1
  }
  return shown
}

function clip(word: string, bytes: number): string {
  if (jsonBytes(word) <= bytes) return word
  const characters = [...word]
  let kept = Math.min(characters.length, Math.max(0, bytes))
  while (kept > 0 && jsonBytes(characters.slice(0, kept).join("")) > bytes) kept = Math.floor(kept * 0.9)
  return `${characters.slice(0, kept).join("")}…`
}

function jsonBytes(text: string): number {
  return new TextEncoder().encode(JSON.stringify(text)).length
}

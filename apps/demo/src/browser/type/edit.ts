/** Where two texts differ: `removed` code units from `at` on give way to `inserted`. */
export interface TextChange {
  readonly at: number
  readonly removed: number
  readonly inserted: string
}

/**
 * What turned one text into the other, as one replacement. No character outside the Basic Multilingual Plane is cut in
 * half: two emoji may share their first half.
 * @param caret where the caret stands in `after`: of several places that would do ("aa" out of "a") it is the one
 */
export function changeBetween(before: string, after: string, caret: number): TextChange | undefined {
  if (before === after) return undefined
  const shorter = Math.min(before.length, after.length)
  // What stands behind the caret is what stood there before: an edit leaves the caret at its end.
  const maxTail = Math.min(shorter, after.length - caret)
  let tail = 0
  while (tail < maxTail && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++
  let at = 0
  while (at < shorter - tail && before[at] === after[at]) at++
  while (tail < shorter - at && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++
  if (splits(before, at) || splits(after, at)) at--
  if (splits(before, before.length - tail) || splits(after, after.length - tail)) tail--
  return { at, removed: before.length - tail - at, inserted: after.slice(at, after.length - tail) }
}

/** Whether a place lies between the halves of a character. */
function splits(text: string, at: number): boolean {
  const code = text.codePointAt(at - 1)
  return code !== undefined && code > 0xffff
}

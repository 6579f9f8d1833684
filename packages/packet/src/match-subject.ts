/** Whether a subject matches a pattern. Both must have been checked. Reads both once, without allocating. */
export function matchSubject(pattern: string, subject: string): boolean {
  let p = 0
  let s = 0
  while (p < pattern.length && s < subject.length) {
    const patternEnd = tokenEnd(pattern, p)
    const subjectEnd = tokenEnd(subject, s)
    const one = patternEnd - p === 1 ? pattern[p] : ""
    if (one === ">") return true
    if (one !== "*" && !sameToken(pattern, p, patternEnd, subject, s, subjectEnd)) return false
    p = patternEnd + 1
    s = subjectEnd + 1
  }
  return p >= pattern.length && s >= subject.length
}

function tokenEnd(name: string, from: number): number {
  const end = name.indexOf(".", from)
  return end === -1 ? name.length : end
}

function sameToken(a: string, aStart: number, aEnd: number, b: string, bStart: number, bEnd: number): boolean {
  if (aEnd - aStart !== bEnd - bStart) return false
  for (let i = 0; i < aEnd - aStart; i++) if (a.charCodeAt(aStart + i) !== b.charCodeAt(bStart + i)) return false
  return true
}

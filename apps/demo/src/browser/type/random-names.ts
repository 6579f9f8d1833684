const STORAGE_KEY = "luxbus.name"
const NAMES = [
  "anna",
  "ben",
  "clara",
  "david",
  "ewa",
  "felix",
  "greta",
  "hugo",
  "ida",
  "jan",
  "kasia",
  "leo",
  "mia",
  "noah",
]
const LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
const AUTHOR_LENGTH = 6

/** This tab's person: the same after a reload. */
export function keptName(): string {
  const known = sessionStorage.getItem(STORAGE_KEY)
  if (known !== null) return known
  const name = otherName("")
  keepName(name)
  return name
}

export function keepName(name: string): void {
  sessionStorage.setItem(STORAGE_KEY, name)
}

/** A name that is not the one that is taken. */
export function otherName(taken: string): string {
  const free = NAMES.filter((name) => name !== taken)
  return free[randomBelow(free.length)] ?? "somebody"
}

/** An author's name: short, since it is said with each keystroke, and unlikely to be another's. */
export function newAuthor(): string {
  return Array.from({ length: AUTHOR_LENGTH }, () => LETTERS[randomBelow(LETTERS.length)]).join("")
}

function randomBelow(limit: number): number {
  const [random = 0] = crypto.getRandomValues(new Uint32Array(1))
  return random % limit
}

import { type Person, shortName } from "./people.ts"

/** Who is there: `2 people here: anna (you), ben`. */
export function peopleText(name: string, others: readonly Person[]): string {
  const count = others.length + 1
  const names = [`${shortName(name)} (you)`, ...others.map((other) => other.name)]
  return `${count} ${count === 1 ? "person" : "people"} here: ${names.join(", ")}`
}

/** Who of the others is typing; empty if nobody is. */
export function typingText(others: readonly Person[], isTyping: (author: string) => boolean): string {
  const names = others.filter(({ author }) => isTyping(author)).map(({ name }) => name)
  const last = names.pop()
  if (last === undefined) return ""
  return names.length === 0 ? `${last} is typing…` : `${names.join(", ")} and ${last} are typing…`
}

import { readFileSync } from "node:fs"

const DOCUMENT = new URL("../../docs/protocol.md", import.meta.url)

/**
 * The transitions of a diagram in docs/protocol.md, sorted: "open --> ending: finish" for each cause that an arrow names.
 * Arrows from `[*]` say where a state machine begins, and are left out.
 * @param {string} heading of the section that the diagram stands in
 */
export function drawnTransitions(heading) {
  const [, section] = readFileSync(DOCUMENT, "utf8").split(`\n### ${heading}\n`)
  const [, diagram] = /```mermaid\nstateDiagram-v2\n(.*?)```/s.exec(section?.split("\n## ")[0] ?? "") ?? []
  if (diagram === undefined) throw new Error(`docs/protocol.md has no state diagram under "${heading}"`)
  const drawn = diagram.split("\n").flatMap((line) => {
    const [, from, to, causes] = /^ {2}(\w+) --> (\w+): (.*)$/.exec(line) ?? []
    return (causes ?? "").split(", ").flatMap((cause) => (cause === "" ? [] : [`${from} --> ${to}: ${cause}`]))
  })
  return drawn.sort()
}

/**
 * Drives a state machine by every sequence of so many events, and collects the transitions that it makes, in the form of
 * {@link drawnTransitions}. An event that leaves the state as it was is no transition.
 * @template Machine
 * @param {{
 *   create: () => Machine | Promise<Machine>,
 *   stateOf: (machine: Machine) => string,
 *   events: Record<string, (machine: Machine) => unknown>,
 *   depth: number,
 * }} machine an event that returns a string names the cause otherwise
 */
export async function takenTransitions({ create, stateOf, events, depth }) {
  const names = Object.keys(events)
  const taken = new Set()
  for (let sequence = 0; sequence < names.length ** depth; sequence++) {
    const machine = await create()
    let from = stateOf(machine)
    for (let step = 0, rest = sequence; step < depth; step++, rest = Math.floor(rest / names.length)) {
      const name = names[rest % names.length]
      const named = await events[name]?.(machine)
      const cause = typeof named === "string" ? named : name
      const to = stateOf(machine)
      if (to !== from) taken.add(`${from} --> ${to}: ${cause}`)
      from = to
    }
  }
  return [...taken].sort()
}

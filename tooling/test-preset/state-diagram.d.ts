/**
 * The transitions of a diagram in docs/protocol.md, sorted: "open --> ending: finish" for each cause that an arrow names.
 * Arrows from `[*]` say where a state machine begins, and are left out.
 * @param heading of the section that the diagram stands in
 */
export declare function drawnTransitions(heading: string): string[]

/** A state machine as {@link takenTransitions} drives it. */
export interface DrivenMachine<Machine> {
  readonly create: () => Machine | Promise<Machine>
  readonly stateOf: (machine: Machine) => string
  /** What can happen to it, by name. One that returns, or resolves to, a string names the cause otherwise. */
  readonly events: Readonly<Record<string, (machine: Machine) => unknown>>
  /** How many events follow each other. */
  readonly depth: number
}

/**
 * Drives a state machine by every sequence of so many events, and collects the transitions that it makes, in the form of
 * {@link drawnTransitions}. An event that leaves the state as it was is no transition.
 */
export declare function takenTransitions<Machine>(machine: DrivenMachine<Machine>): Promise<string[]>

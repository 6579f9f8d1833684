/** The three lanes of a stream, as numbered on the wire. Numbering: XStream's `StreamType`. */
export const Lane = { main: 1, error: 2, control: 3 } as const

/** A lane's number on the wire. */
export type Lane = 1 | 2 | 3

/** A lane that carries numbered chunks. */
export type DataLane = 1 | 2

/** A lane's name in JSON. */
export type LaneName = "main" | "error" | "control"

const NAMES = ["main", "error", "control"] as const

/** The name of a lane. */
export function laneName(lane: DataLane): "main" | "error"
export function laneName(lane: Lane): LaneName
export function laneName(lane: Lane): LaneName {
  return NAMES[lane - 1]!
}

/** The lane of a name. */
export function laneOf(name: "main" | "error"): DataLane
export function laneOf(name: LaneName): Lane
export function laneOf(name: LaneName): Lane {
  return Lane[name]
}

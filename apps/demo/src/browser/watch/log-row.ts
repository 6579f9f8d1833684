/** A lane of a job. */
export type LaneName = "main" | "error"

/** How a notice is meant: something that went on, something that was lost, something that went well. */
export type Tone = "plain" | "loss" | "good"

/** A line of a lane. Its text grows until the line is over. */
export interface LineRow {
  readonly lane: LaneName
  /** The number of the chunk that began it. */
  readonly chunk: number
  /** Whether it is the first line that its chunk began. */
  readonly beginsChunk: boolean
  /** As shown; without its line feed. */
  text: string
}

/** What happened to the viewing itself, where it happened. */
interface NoticeRow {
  readonly lane: "notice"
  /** The lane that it concerns; both where undefined. */
  readonly of: LaneName | undefined
  readonly tone: Tone
  readonly text: string
}

/** One row of a log. */
export type LogRow = LineRow | NoticeRow

import type { NoticeListener } from "@luxbus/client"
import prettyMs from "pretty-ms"
import { formatCount } from "../shared/format-count.ts"

/** What a stream says of itself: waiting, open, suspended, resumed, gap. */
export type Notice = Parameters<NoticeListener>[0]
type Gap = Extract<Notice, { type: "gap" }>

const GAP_REASONS = {
  evicted: "the broker no longer keeps them",
  lagged: "this viewer was too slow",
  expired: "they were kept too long ago",
  epoch: "they are of an earlier run",
} as const

/** A gap for people. */
export function gapText({ lane, ranges, reason }: Gap): string {
  const chunks = ranges.reduce((count, [first, last]) => count + last - first + 1, 0)
  const what = chunks === 1 ? "1 chunk" : `${formatCount(chunks)} chunks`
  return `${what} of the ${lane} lane missing here: ${GAP_REASONS[reason]}`
}

/** That the job's own connection is away, for people. */
export function writerAwayText(leftMs: number | undefined): string {
  const left = leftMs === undefined ? "" : `; it expires in ${prettyMs(leftMs)}`
  return `The job itself lost its connection${left}`
}

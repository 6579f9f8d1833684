import type { NoticeListener } from "@luxbus/client"
import prettyMs from "pretty-ms"

/** What a stream says of itself: waiting, open, suspended, resumed, gap. */
export type Notice = Parameters<NoticeListener>[0]

const GAP_REASONS = {
  evicted: "the broker no longer keeps them",
  lagged: "this watcher was too slow",
  expired: "they were kept too long ago",
  epoch: "they are of an earlier run",
} as const

/** A stream's notice as a line for people; empty where there is nothing to say. */
export function noticeText(notice: Notice, id: string): string {
  switch (notice.type) {
    case "waiting":
      return `luxbus: waiting for ${id}\n`
    case "open":
      return ""
    case "suspended": {
      const left = notice.leftMs === undefined ? "" : `; it expires in ${prettyMs(notice.leftMs)}`
      return `luxbus: ${id} lost its connection${left}\n`
    }
    case "resumed":
      return `luxbus: ${id} goes on\n`
    case "gap": {
      const chunks = notice.ranges.reduce((count, [first, last]) => count + last - first + 1, 0)
      const lane = notice.lane === "main" ? "stdout" : "stderr"
      return `luxbus: ${chunks} chunks of ${id}'s ${lane} are missing here: ${GAP_REASONS[notice.reason]}\n`
    }
  }
}

import type { BusStatus } from "@luxbus/client"
import { useRef } from "preact/hooks"
import { Announcer } from "../shared/announcer.tsx"
import type { BrokerLink } from "../shared/broker-link.ts"
import { ConnectionBadge, connectionWord } from "../shared/connection-badge.tsx"
import { useObservable } from "../shared/use-observable.ts"
import { useJustResumed } from "../shared/use-status.ts"
import { ActivityStrip } from "./activity-strip.tsx"
import type { JobView } from "./job-view.ts"
import { LogPanel } from "./log-panel.tsx"
import { OutcomeLine } from "./outcome-line.tsx"
import { outcomeTitle } from "./outcome-text.ts"
import { useSlashKey } from "./use-slash-key.ts"
import { ViewerActions } from "./viewer-actions.tsx"

/** How the lanes are laid out: interleaved as they came, or side by side. */
export type LaneLayout = "together" | "beside"

interface ViewerProps {
  readonly link: BrokerLink
  readonly view: JobView
  readonly title: string
  readonly layout: LaneLayout
  /** The viewer beside this one, to compare with. */
  readonly other: JobView | undefined
}

/** One viewer of a job: its connection, both lanes, and its end. */
export function Viewer({ link, view, title, layout, other }: ViewerProps) {
  useObservable(...(other === undefined ? [view] : [view, other]))
  const hasJustResumed = useJustResumed(link.bus)
  const searchInput = useRef<HTMLInputElement>(null)
  const otherInput = useRef<HTMLInputElement>(null)
  useSlashKey(searchInput)
  return (
    <section class="viewer" aria-label={title} data-testid="viewer">
      <div class="viewer-head">
        <h2 class="viewer-title">{title}</h2>
        <ConnectionBadge word={connectionWord(link.status, hasJustResumed)} />
        <ViewerActions link={link} view={view} />
      </div>
      <ActivityStrip activity={view.activity} isLive={view.phase.name === "reading"} />
      {layout === "together" ? (
        <LogPanel view={view} lanes={["main", "error"]} searchInput={searchInput} />
      ) : (
        <div class="beside">
          <LogPanel view={view} lanes={["main"]} searchInput={searchInput} />
          <LogPanel view={view} lanes={["error"]} searchInput={otherInput} />
        </div>
      )}
      <OutcomeLine view={view} other={other} />
      <Announcer text={announcement(title, link.status, view)} />
    </section>
  )
}

function announcement(title: string, { state }: BusStatus, { phase }: JobView): string {
  if (phase.name === "ended") return `${title}: the job has ended: ${outcomeTitle(phase.outcome)}`
  if (phase.name === "failed") return `${title}: ${phase.error.message}`
  return `${title}: ${state}`
}

import { formatCount } from "../shared/format-count.ts"
import { Icon } from "../shared/icon.tsx"
import type { JobView } from "./job-view.ts"
import { outcomeDetail, outcomeTitle } from "./outcome-text.ts"

interface OutcomeLineProps {
  readonly view: JobView
  /** The viewer beside which this one stands, to compare with. */
  readonly other: JobView | undefined
}

/** How far a viewing is, and in the end the one outcome. */
export function OutcomeLine({ view, other }: OutcomeLineProps) {
  const { phase, outages } = view
  const cuts = outages === 0 ? "" : outages === 1 ? "1 connection lost" : `${formatCount(outages)} connections lost`
  switch (phase.name) {
    case "opening":
      return (
        <p class="outcome" data-state="live" data-testid="outcome">
          Waiting for this job to start…
        </p>
      )
    case "reading":
      return (
        <p class="outcome" data-state="live" data-testid="outcome">
          <span class="live-dot" aria-hidden="true" />
          {view.isPaused ? "Paused: what comes waits at the broker" : "Live"}
          {cuts !== "" && <span class="dim">{cuts}</span>}
        </p>
      )
    case "failed":
      return (
        <p class="outcome" data-state="error" data-testid="outcome">
          <strong>Cannot view it</strong> {phase.error.message} <code>{phase.error.code}</code>
        </p>
      )
    case "ended":
      return (
        <p class="outcome" data-state={phase.outcome.status} data-testid="outcome">
          <strong>{outcomeTitle(phase.outcome)}</strong> {outcomeDetail(phase.outcome)}
          {cuts !== "" && <span class="dim">{cuts}</span>}
          <Verdict view={view} other={other} />
        </p>
      )
  }
}

/** Whether two viewers, once both have seen the end, have seen the same. */
function Verdict({ view, other }: OutcomeLineProps) {
  if (other?.phase.name !== "ended") return null
  const digests = (["main", "error"] as const).map((lane) => [
    view.log.lanes[lane].digest,
    other.log.lanes[lane].digest,
  ])
  if (digests.flat().includes(undefined)) return null
  const isSame = digests.every(([here, there]) => here === there)
  return (
    <span class="verdict" data-same={isSame} data-testid="verdict">
      {isSame && <Icon name="check" />}
      {isSame ? "both viewers have the same bytes" : "the viewers have different bytes"}
    </span>
  )
}

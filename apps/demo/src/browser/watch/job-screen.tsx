import { useEffect, useMemo, useState } from "preact/hooks"
import type { BrokerLink } from "../shared/broker-link.ts"
import { Icon } from "../shared/icon.tsx"
import { oneLine } from "../shared/shown-text.ts"
import { useObservable } from "../shared/use-observable.ts"
import { useTitle } from "../shared/use-title.ts"
import type { JobView, ViewPhase } from "./job-view.ts"
import { outcomeTitle } from "./outcome-text.ts"
import { useJobView } from "./use-job-view.ts"
import { type LaneLayout, Viewer } from "./viewer.tsx"

interface JobScreenProps {
  readonly link: BrokerLink
  readonly job: string
  readonly openAnother: () => BrokerLink
}

const LAYOUTS: readonly { readonly layout: LaneLayout; readonly label: string }[] = [
  { layout: "together", label: "Interleaved" },
  { layout: "beside", label: "Side by side" },
]

/** One job, seen by one viewer or by two. */
export function JobScreen({ link, job, openAnother }: JobScreenProps) {
  const view = useJobView(link, job, "across reloads")
  const [second, setSecond] = useState<JobView>()
  const [hasSecond, setHasSecond] = useState(false)
  const [layout, setLayout] = useState<LaneLayout>("together")
  useObservable(view)
  useTitle(`${oneLine(job)}: ${phaseWord(view.phase)}`)
  const toggleSecond = () => {
    setHasSecond(!hasSecond)
    setSecond(undefined)
  }
  return (
    <main class="job-screen" tabIndex={-1} data-viewers={hasSecond ? 2 : 1}>
      <div class="job-head">
        <a class="back" href="#jobs" aria-label="Back to the list of jobs">
          Jobs
        </a>
        <h1 class="job-name">{oneLine(job)}</h1>
        <code class="job-command">{view.command}</code>
        <div class="job-actions">
          <fieldset class="segmented" aria-label="Lanes">
            {LAYOUTS.map((choice) => (
              <button
                key={choice.layout}
                type="button"
                aria-pressed={layout === choice.layout}
                onClick={() => setLayout(choice.layout)}
              >
                {choice.label}
              </button>
            ))}
          </fieldset>
          <button type="button" class="button" aria-pressed={hasSecond} onClick={toggleSecond}>
            <Icon name="viewer" /> Second viewer
          </button>
          <StopButton view={view} />
        </div>
      </div>
      <div class="viewers">
        <Viewer link={link} view={view} title={hasSecond ? "First viewer" : "Viewer"} layout={layout} other={second} />
        {hasSecond && (
          <SecondViewer key={job} job={job} openAnother={openAnother} layout={layout} other={view} onView={setSecond} />
        )}
      </div>
    </main>
  )
}

/** How far a viewing is, for the tab's title. */
function phaseWord(phase: ViewPhase): string {
  switch (phase.name) {
    case "opening":
      return "waiting"
    case "reading":
      return "live"
    case "ended":
      return outcomeTitle(phase.outcome).toLowerCase()
    case "failed":
      return "cannot be viewed"
  }
}

interface SecondViewerProps {
  readonly job: string
  readonly openAnother: () => BrokerLink
  readonly layout: LaneLayout
  readonly other: JobView
  readonly onView: (view: JobView) => void
}

/** A viewer of its own, on a connection of its own, from the job's start. */
function SecondViewer({ job, openAnother, layout, other, onView }: SecondViewerProps) {
  const link = useMemo(openAnother, [])
  useEffect(() => () => void link.close(), [link])
  const view = useJobView(link, job, "here")
  useEffect(() => onView(view), [view])
  return <Viewer link={link} view={view} title="Second viewer" layout={layout} other={other} />
}

function StopButton({ view }: { readonly view: JobView }) {
  const [isAsked, setAsked] = useState(false)
  const isOver = view.phase.name !== "reading"
  const stop = () => {
    setAsked(true)
    view.stop().catch(() => setAsked(false))
  }
  return (
    <button type="button" class="button danger" disabled={isAsked || isOver} onClick={stop}>
      <Icon name="stop" /> {isAsked && !isOver ? "Stopping…" : "Stop"}
    </button>
  )
}

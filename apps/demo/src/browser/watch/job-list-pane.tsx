import type { Bus, HostedSummary } from "@luxbus/client"
import prettyBytes from "pretty-bytes"
import prettyMs from "pretty-ms"
import { oneLine } from "../shared/shown-text.ts"
import { useObservable } from "../shared/use-observable.ts"
import { commandOf } from "./command-of.ts"
import type { JobList } from "./job-list.ts"
import { formatRoute } from "./route.ts"
import { StartButton } from "./start-button.tsx"

interface JobListPaneProps {
  readonly bus: Bus
  readonly list: JobList
  /** The job that is viewed. */
  readonly selected: string | undefined
}

/** What the broker hosts, newest first. */
export function JobListPane({ bus, list, selected }: JobListPaneProps) {
  useObservable(list)
  const { jobs } = list
  return (
    <aside class="job-list" aria-label="Jobs">
      <div class="job-list-head">
        <h2>Jobs</h2>
        <StartButton bus={bus} list={list} />
      </div>
      {jobs === undefined && <p class="dim job-list-note">Asking the broker…</p>}
      {jobs?.length === 0 && <p class="dim job-list-note">The broker hosts no job yet.</p>}
      <ul>
        {jobs?.map((job) => (
          <li key={`${job.name} ${job.epoch}`}>
            <JobCard job={job} isSelected={job.name === selected} />
          </li>
        ))}
      </ul>
    </aside>
  )
}

function JobCard({ job, isSelected }: { readonly job: HostedSummary; readonly isSelected: boolean }) {
  const state = job.outcome?.status ?? job.state
  const command = commandOf(job.headers)
  return (
    <a class="job-card" href={formatRoute({ job: job.name })} aria-current={isSelected ? "true" : undefined}>
      <span class="job-card-name">{oneLine(job.name)}</span>
      <span class="job-card-state" data-state={state}>
        {state}
      </span>
      {command !== "" && <code class="job-card-command">{command}</code>}
      <span class="job-card-facts">
        {formatAge(Date.now() - job.startedAtMs)} <span class="separator">·</span>{" "}
        {prettyBytes(job.mainBytes + job.errorBytes)} <span class="separator">·</span> {job.readers}{" "}
        {job.readers === 1 ? "viewer" : "viewers"}
      </span>
    </a>
  )
}

/** Below this a job is called new: its age would change at every look. */
const NEW_MS = 5_000

/** How long ago, in a word; clocks of other machines may be ahead. */
function formatAge(ms: number): string {
  return ms < NEW_MS ? "now" : prettyMs(ms, { compact: true })
}

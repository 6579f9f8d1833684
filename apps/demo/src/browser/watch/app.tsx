import { useEffect, useMemo } from "preact/hooks"
import { TokenForm } from "../shared/token-form.tsx"
import { TopBar } from "../shared/top-bar.tsx"
import { useLink } from "../shared/use-link.ts"
import { useStatus } from "../shared/use-status.ts"
import { JobList } from "./job-list.ts"
import { JobListPane } from "./job-list-pane.tsx"
import { JobScreen } from "./job-screen.tsx"
import { useRoute } from "./use-route.ts"
import { Welcome } from "./welcome.tsx"

/** The page of jobs. */
export function App() {
  const { link, openAnother, hasToken, useToken } = useLink()
  const { bus } = link
  const status = useStatus(bus)
  const list = useMemo(() => new JobList(bus, () => document.visibilityState === "visible"), [bus])
  useEffect(() => () => list.close(), [list])
  const { job } = useRoute()
  const needsToken = status.state === "closed" && status.error?.code === "unauthenticated"
  return (
    <div class="app" data-screen={job === undefined ? "list" : "job"}>
      <TopBar page="jobs" />
      {needsToken && status.error !== undefined ? (
        <TokenForm refusal={hasToken ? status.error : undefined} onToken={useToken} />
      ) : (
        <div class="columns">
          <JobListPane bus={bus} list={list} selected={job} />
          {job === undefined ? (
            <Welcome bus={bus} list={list} />
          ) : (
            <JobScreen key={job} link={link} job={job} openAnother={openAnother} />
          )}
        </div>
      )}
    </div>
  )
}

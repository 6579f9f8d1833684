import type { Bus } from "@luxbus/client"
import { useTitle } from "../shared/use-title.ts"
import type { JobList } from "./job-list.ts"
import { StartButton } from "./start-button.tsx"

/** What stands where a job will be. */
export function Welcome({ bus, list }: { readonly bus: Bus; readonly list: JobList }) {
  useTitle("Jobs")
  return (
    <main class="welcome" tabIndex={-1}>
      <h1>
        Streams that <em>survive</em>
      </h1>
      <p>
        A job writes on two lanes: what it finds, and what it complains about. Watch one, cut the connection under it,
        reload the page, open a second viewer. Nothing is lost, nothing comes twice, and the end is always told.
      </p>
      <StartButton bus={bus} list={list} />
      <p class="dim">Or publish a command of your own, and pick it here:</p>
      <pre class="command">
        <code>luxbus run -- npm test</code>
      </pre>
    </main>
  )
}

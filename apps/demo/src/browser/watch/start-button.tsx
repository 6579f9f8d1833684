import type { Bus } from "@luxbus/client"
import { useState } from "preact/hooks"
import { Icon } from "../shared/icon.tsx"
import type { JobList } from "./job-list.ts"
import { formatRoute } from "./route.ts"
import { startDemo } from "./start-demo.ts"

interface StartButtonProps {
  readonly bus: Bus
  readonly list: JobList
}

/** Starts the demo job and goes to it. */
export function StartButton({ bus, list }: StartButtonProps) {
  const [isStarting, setStarting] = useState(false)
  const [problem, setProblem] = useState("")
  const start = async () => {
    setStarting(true)
    setProblem("")
    try {
      location.hash = formatRoute({ job: await startDemo(bus) })
      await list.refresh()
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
    } finally {
      setStarting(false)
    }
  }
  return (
    <div class="start">
      <button type="button" class="button primary" disabled={isStarting} onClick={() => void start()}>
        <Icon name="play" /> Start the demo job
      </button>
      {problem !== "" && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </div>
  )
}

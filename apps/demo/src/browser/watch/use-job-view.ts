import { platformSha256 } from "@luxbus/client"
import { useEffect, useMemo } from "preact/hooks"
import type { BrokerLink } from "../shared/broker-link.ts"
import { JobView } from "./job-view.ts"
import { loadView, storeView } from "./saved-views.ts"

/** A viewing of a job that ends with the component. */
export function useJobView(link: BrokerLink, job: string, keep: "across reloads" | "here"): JobView {
  const view = useMemo(() => {
    const components = { bus: link.bus, createHash: platformSha256(), now: () => performance.now() }
    return new JobView(components, job, keep === "here" ? undefined : loadView(job))
  }, [link, job, keep])
  useEffect(() => {
    const save = () => {
      if (keep === "across reloads") storeView(view.save())
    }
    // The last event that phones are sure to send is being hidden.
    const onVisibility = () => document.visibilityState === "hidden" && save()
    addEventListener("pagehide", save)
    document.addEventListener("visibilitychange", onVisibility)
    return () => {
      removeEventListener("pagehide", save)
      document.removeEventListener("visibilitychange", onVisibility)
      save()
      view.close()
    }
  }, [view, keep])
  return view
}

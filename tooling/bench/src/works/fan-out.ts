import type { Work } from "../work.ts"
import { connectPublishLoad } from "./publish-load.ts"

/** One publisher, fifty subscribers of one subject. */
export const fanOut: Work = {
  name: "fan-out",
  title: "128 B to 50 subscribers",
  measure: "deliveries",
  prepare: (system, url, onFailure) =>
    connectPublishLoad(system, url, { subscribers: 50, messageBytes: 128, onFailure }),
}

import type { Work } from "../work.ts"
import { connectPublishLoad } from "./publish-load.ts"

/** One publisher, one subscriber. */
export const oneToOne: Work = {
  name: "one-to-one",
  title: "128 B to 1 subscriber",
  measure: "deliveries",
  prepare: (system, url, onFailure) =>
    connectPublishLoad(system, url, { subscribers: 1, messageBytes: 128, onFailure }),
}

/** Where in the page somebody is: its address behind `#`. */
export interface Route {
  /** The job that is viewed. */
  readonly job: string | undefined
}

/** Reads `#job=<name>`. */
export function parseRoute(hash: string): Route {
  const job = new URLSearchParams(hash.replace(/^#/, "")).get("job")
  return { job: job === null || job === "" ? undefined : job }
}

/** The address of a route, from `#` on. */
export function formatRoute({ job }: Route): string {
  return job === undefined ? "#" : `#${new URLSearchParams({ job })}`
}

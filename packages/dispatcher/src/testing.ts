export type { Expectation, TestFunctions } from "@luxbus/stream-memory/testing"
export {
  type BackplaneConformanceSetup,
  backplaneConformance,
  type ConformanceBackplane,
} from "./cluster/conformance/backplane-conformance.ts"

import { preset } from "@luxbus/test-preset"

export default preset({ testTimeout: 60_000 })

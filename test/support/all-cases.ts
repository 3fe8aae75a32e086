/** Selects all generated cases: `npm run test:unit:full`. */
import { selectAllCases } from "./cases";

selectAllCases();

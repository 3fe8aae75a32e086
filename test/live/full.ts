/** mocha requires this file before the specs, to run the full tier. */
import { selectFullTier } from "./tier";

selectFullTier();

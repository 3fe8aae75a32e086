import type { Catalogue } from "../../catalogue/model";
import type { MeshConfig } from "../../config/schema";

/** All that a derivation may depend on. */
export interface Platform {
    readonly catalogue: Catalogue;
    readonly config: MeshConfig;
}

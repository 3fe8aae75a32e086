import type { Catalogue } from "../../catalogue/model";
import type { MeshConfig } from "../../config/schema";

/** The complete input of a derivation. */
export interface Platform {
    readonly catalogue: Catalogue;
    readonly config: MeshConfig;
}

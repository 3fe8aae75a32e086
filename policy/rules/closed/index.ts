/** Policies of the profile `closed`. They are off until their configuration names a baseline. */
import { type PolicyDefinition } from "../../core/rule";
import { closedKinds } from "./kinds";
import { closedObjects } from "./objects";
import { closedReleases } from "./releases";
import { closedReferences } from "./references";
import { closedRequired } from "./required";
import { closedSettings } from "./settings";

export const CLOSED_RULES: readonly PolicyDefinition[] = [
    closedKinds,
    closedObjects,
    closedReleases,
    closedSettings,
    closedReferences,
    closedRequired,
];

/** The policies of the profile `closed`: each is silent until its configuration names a baseline. */
import { type Rule } from "../../core/rule";
import { closedKinds } from "./kinds";
import { closedObjects } from "./objects";
import { closedReleases } from "./releases";
import { closedReferences } from "./references";
import { closedRequired } from "./required";
import { closedSettings } from "./settings";

export const CLOSED_RULES: readonly Rule[] = [
    closedKinds,
    closedObjects,
    closedReleases,
    closedSettings,
    closedReferences,
    closedRequired,
];

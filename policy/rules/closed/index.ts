/** The policies of the profile `closed`: each is silent until its configuration names a baseline. */
import { type Rule } from "../../core/rule";
import { closedKinds } from "./kinds";
import { closedObjects } from "./objects";
import { closedReleases } from "./releases";
import { closedRequired } from "./required";

export const CLOSED_RULES: readonly Rule[] = [closedKinds, closedObjects, closedReleases, closedRequired];

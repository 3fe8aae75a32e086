/** The entries of a stack in the policy baseline. */
import { type Baseline } from "../../policy/core/baseline";
import { listingOf } from "../../policy/core/listing";
import { Subject } from "../../policy/core/subject";
import { registrations } from "./registrations";

/** Registers the stack again with other cloud values, to find the inputs that depend on them. */
export async function stackListing(stack: string): Promise<Baseline> {
    const [subjects = [], outputs = [], answers = []] = await Promise.all(
        (["first", "outputs", "answers"] as const).map(async (variant) => {
            const resources = await registrations({ stack, variant });
            return resources.map(
                ({ urn, type, name, properties, sources = {} }) =>
                    new Subject({ urn, type, name, props: properties, sources }),
            );
        }),
    );
    return listingOf(subjects, { outputs, answers });
}

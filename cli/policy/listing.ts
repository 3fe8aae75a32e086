/** The entries of a stack in the policy baseline. */
import { type Baseline } from "../../policy/core/baseline";
import { listingOf } from "../../policy/core/listing";
import { Subject } from "../../policy/core/subject";
import { type Variant } from "./aws";
import { registrations } from "./registrations";

/**
 * Registers the stack again with other cloud values, to find the inputs that depend on them.
 *
 * @param register registers the stack with one set of cloud values
 */
export async function stackListing(
    stack: string,
    register = (variant: Variant) => registrations({ stack, variant }),
): Promise<Baseline> {
    const [subjects = [], outputs = [], answers = []] = await Promise.all(
        (["first", "outputs", "answers"] as const).map(async (variant) => {
            const resources = await register(variant);
            return resources.map(
                ({ urn, type, name, properties, sources = {} }) =>
                    new Subject({ urn, type, name, props: properties, sources }),
            );
        }),
    );
    return listingOf(subjects, { outputs, answers });
}

/** What a baseline lists of a stack. */
import { type Baseline } from "../../policy/core/baseline";
import { listingOf } from "../../policy/core/listing";
import { Subject } from "../../policy/core/subject";
import { registrations } from "./registrations";

/** Registers the stack again with other values of the cloud: inputs that differ are not the program's own. */
export async function stackListing(stack: string): Promise<Baseline> {
    const [subjects = [], outputs = [], answers = []] = await Promise.all(
        (["first", "outputs", "answers"] as const).map(async (variant) => {
            const resources = await registrations({ stack, variant });
            return resources.map(
                ({ urn, type, name, properties }) => new Subject({ urn, type, name, props: properties }),
            );
        }),
    );
    return listingOf(subjects, { outputs, answers });
}
